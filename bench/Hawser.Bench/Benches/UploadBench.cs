using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary><c>upload</c>: file to file with a receipt, compared with the usual tools.</summary>
internal static class UploadBench
{
    private const string Words =
        """
        Hawser's time includes the start of the client's .NET process and, with a receipt, a hash on both sides; its
        server keeps running and is warm. `transfer only` is what `hawser upload` measures itself: from before the
        connect to the server's close. "XXH3" is `--hash xxh128` on both sides. "No receipt and no hash" is
        `serve upload --no-receipt` and `upload --hash none`.
        """;

    /// <summary>Options: those of <see cref="FileRounds"/> and <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("upload", "Upload: file to file", arguments);
        string hawser = await Repository.PublishHawserAsync();
        using var receipt = new Uploads(hawser, [], []);
        using var fast = new Uploads(hawser, ["--hash", "xxh128"], ["--hash", "xxh128"]);
        using var bytesOnly = new Uploads(hawser, ["--no-receipt"], ["--hash", "none"]);
        await FileRounds.RunAsync(page, arguments,
        [
            new FileSender("hawser", receipt.SendAsync),
            new FileSender("hawser, XXH3", fast.SendAsync),
            new FileSender("hawser, no receipt and no hash", bytesOnly.SendAsync),
        ], Words);
    }

    /// <summary>Uploads to one server; the first upload starts it.</summary>
    private sealed class Uploads(string hawser, string[] serveOptions, string[] uploadOptions) : IDisposable
    {
        private RunningServer? _server;
        private int _stored;

        public async Task<FileTransfer> SendAsync(string source, string target)
        {
            string folder = Path.Combine(Path.GetDirectoryName(target)!, $"stored{string.Concat(serveOptions)}");
            _server ??= await RunningServer.StartAsync(new ServerProgram(
                "hawser", hawser, ["serve", "upload", "0", folder, "--host", "127.0.0.1", .. serveOptions]));
            long begin = Stopwatch.GetTimestamp();
            string report = await Tool.RunAsync(
                hawser, ["upload", "127.0.0.1", $"{_server.Port}", source, "--json", .. uploadOptions]);
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            File.Move(Path.Combine(folder, $"{++_stored}.file"), target);
            return new FileTransfer(
                seconds, JsonDocument.Parse(report).RootElement.GetProperty("seconds").GetDouble());
        }

        public void Dispose() => _server?.Dispose();
    }
}
