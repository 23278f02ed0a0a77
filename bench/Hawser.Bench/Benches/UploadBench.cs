using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary><c>upload</c>: a file into a file with a receipt for it, Hawser beside the usual tools.</summary>
internal static class UploadBench
{
    private const string Words =
        """
        Hawser's time includes the start of a .NET process and, with a receipt, SHA-256 on both sides. `transfer only`
        is what `hawser upload` measures itself: from before the connect to the server's close. No receipt and no hash
        is `serve upload --no-receipt` and `upload --no-hash`.
        """;

    /// <summary>Options: those of <see cref="FileRounds"/> and <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("upload", "Upload: a file into a file", arguments);
        string hawser = await Repository.PublishHawserAsync();
        await FileRounds.RunAsync(page, arguments,
        [
            new FileSender("hawser", (source, target) => SendAsync(hawser, source, target, [], [])),
            new FileSender("hawser, no receipt and no hash", (source, target) =>
                SendAsync(hawser, source, target, ["--no-receipt"], ["--no-hash"])),
        ], Words);
    }

    private static async Task<FileTransfer> SendAsync(
        string hawser, string source, string target, string[] serveOptions, string[] uploadOptions)
    {
        string folder = target + ".folder";
        using RunningServer server = await RunningServer.StartAsync(new ServerProgram(
            "hawser", hawser, ["serve", "upload", "0", folder, "--host", "127.0.0.1", .. serveOptions]));
        try
        {
            long begin = Stopwatch.GetTimestamp();
            string report = await Tool.RunAsync(
                hawser, ["upload", "127.0.0.1", $"{server.Port}", source, "--json", .. uploadOptions]);
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            File.Move(Path.Combine(folder, "1.file"), target);
            return new FileTransfer(
                seconds, JsonDocument.Parse(report).RootElement.GetProperty("seconds").GetDouble());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
