using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary>Copies a file over the loopback interface with Hawser and with the usual tools: the common part of
/// <c>message</c> and <c>upload</c>.</summary>
/// <remarks>The source is in the page cache; the target is new. The time runs from the sender's exec until the sender
/// has exited and the receiver has all bytes.</remarks>
internal sealed class FileRounds
{
    private const double Gigabyte = 1e9;

    private readonly List<Run> _runs = [];
    private readonly IReadOnlyList<FileSender> _senders;
    private readonly string _words;
    private readonly double _bytes;
    private readonly string _fileSystem;

    private FileRounds(IReadOnlyList<FileSender> senders, string words, double bytes, string fileSystem)
    {
        _senders = senders;
        _words = words;
        _bytes = bytes;
        _fileSystem = fileSystem;
    }

    private sealed record Run(string Name, int Round, FileTransfer Transfer);

    /// <summary>Runs all rounds and writes the page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="arguments">The options <c>--rounds 7</c>, <c>--mib 2048</c>, <c>--folder</c> of source and target
    /// (default: the temporary folder), <c>--seed</c> of the order.</param>
    /// <param name="own">Hawser's senders.</param>
    /// <param name="words">A paragraph about them for the page.</param>
    public static async Task RunAsync(ResultPage page, Arguments arguments, IReadOnlyList<FileSender> own, string words)
    {
        using var folder = new ScratchFolder(arguments);
        string source = folder.At("source");
        string target = folder.At("received");
        int mebibytes = arguments.Number("mib", 2048, quick: 64);
        SourceFile.Write(source, mebibytes);
        var files = new FileRounds(
            [.. own, .. FileTools.Installed(), .. Iperf.Installed()], words, mebibytes * 1024.0 * 1024,
            await folder.FileSystemAsync());
        var rounds = new Rounds(page, arguments, otherwise: 7);
        // Round 0 warms the page cache.
        await rounds.RunAsync(
            files._senders, sender => sender.Name, (round, sender) => files.MeasureAsync(round, sender, source, target),
            files.Write, hasWarmUp: true);
        rounds.Finish(files.Write);
    }

    private async Task<string> MeasureAsync(int round, FileSender sender, string source, string target)
    {
        try
        {
            FileTransfer transfer = await sender.SendAsync(source, target);
            if (sender.KeepsBytes)
                SourceFile.Check(target, source);
            if (round > 0)
                _runs.Add(new Run(sender.Name, round, transfer));
            return $"{transfer.Seconds:0.00} s";
        }
        finally
        {
            File.Delete(target);
        }
    }

    private void Write(Markdown text)
    {
        text.Paragraph(
            $"""
            {_bytes / Gigabyte:0.00} GB of random bytes on {_fileSystem}, compared byte by byte after each run. Figures
            are medians of the rounds, with minimum and maximum. The time runs from the sender's exec until the
            receiver has all bytes. A ratio is taken within a round. iperf3 sends as many bytes over one stream without
            files; it is the upper bound.
            """);
        text.Paragraph(_words);
        FileSender[] rivals = [.. _senders.Where(sender => sender.IsRival)];
        bool hasTransfers = _runs.Exists(run => run.Transfer.TransferSeconds is not null);
        string[] head =
        [
            "", "GB/s", .. hasTransfers ? ["transfer only, GB/s"] : (string[])[],
            .. rivals.Select(rival => $"ratio to {rival.Name.Split(' ')[0]}"),
        ];
        text.Table(head, _senders.Select(sender => Row(sender, rivals, hasTransfers)));
    }

    private string[] Row(FileSender sender, FileSender[] rivals, bool hasTransfers)
    {
        Run[] own = [.. _runs.Where(run => run.Name == sender.Name)];
        double[] transfers = [.. own.Select(run => run.Transfer.TransferSeconds).OfType<double>()];
        return
        [
            sender.Name,
            Rates(own.Select(run => run.Transfer.Seconds)),
            .. hasTransfers ? [transfers.Length > 0 ? Rates(transfers) : ""] : (string[])[],
            .. rivals.Select(rival => rival == sender ? "" : RatioTo(rival)),
        ];

        string Rates(IEnumerable<double> seconds) =>
            new Sample(seconds.Select(value => _bytes / value / Gigabyte)).ToString("0.00");

        string RatioTo(FileSender rival) => new Sample(own.Join(
            _runs.Where(run => run.Name == rival.Name), run => run.Round, other => other.Round,
            (run, other) => other.Transfer.Seconds / run.Transfer.Seconds)).ToString("0.00");
    }
}
