using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>upload</c>: a file into a file over the loopback interface, Hawser beside the usual tools.</summary>
/// <remarks>A round is one run of each, in an order that is shuffled anew. The source is in the page cache; the target
/// is new. The clock runs from the sender's exec until the sender has ended and the receiver has all.</remarks>
internal static class UploadBench
{
    private const string Receipt = "hawser";
    private const string NoReceipt = "hawser, no receipt and no hash";
    private const string Socat = "socat -b 262144";
    private const double Gigabyte = 1e9;
    private const int ChunkBytes = 1024 * 1024;

    private static readonly string[] All = [Receipt, NoReceipt, Socat, "ncat", "nc"];

    private sealed record Run(string Name, int Round, double Seconds, double? TransferSeconds);

    /// <summary>Options: <c>--rounds 7</c>, <c>--mib 2048</c>, <c>--folder</c> of source and target (the temporary
    /// one),
    /// <c>--seed</c> of the shuffling, <c>--name</c> of the results, <c>--file</c> of the page.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("upload", "Upload: a file into a file", arguments);
        string hawser = await Repository.PublishHawserAsync();
        string folder = Path.Combine(arguments.Text("folder", Path.GetTempPath()), $"hawser-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            string source = Path.Combine(folder, "source");
            int mebibytes = arguments.Number("mib", 2048);
            WriteSource(source, mebibytes);
            List<Run> runs = await RunRoundsAsync(hawser, source, arguments);
            await WriteAsync(page, runs, (double)mebibytes * 1024 * 1024, arguments);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<Run>> RunRoundsAsync(string hawser, string source, Arguments arguments)
    {
        string target = source + ".received";
        string[] names = [.. All];
        var random = new Random(arguments.Number("seed", 1));
        var runs = new List<Run>();
        int rounds = arguments.Number("rounds", 7);
        // Round 0 warms the page cache and is not counted.
        for (int round = 0; round <= rounds; round++)
        {
            random.Shuffle(names);
            foreach (string name in names)
            {
                Run? run = name is Receipt or NoReceipt
                    ? await RunHawserAsync(name, round, hawser, source)
                    : await RunToolAsync(name, round, source, target);
                if (run is null)
                    continue;
                await Console.Error.WriteLineAsync($"round {round} of {rounds}: {name}: {run.Seconds:0.00} s");
                if (round > 0)
                    runs.Add(run);
            }
        }
        return runs;
    }

    private static async Task<Run> RunHawserAsync(string name, int round, string hawser, string source)
    {
        string folder = source + ".stored";
        string[] serve = ["serve", "upload", "0", folder, "--host", "127.0.0.1"];
        using RunningServer server = await RunningServer.StartAsync(
            new ServerProgram(name, hawser, name == NoReceipt ? [.. serve, "--no-receipt"] : serve));
        long begin = Stopwatch.GetTimestamp();
        string[] upload = ["upload", "127.0.0.1", $"{server.Port}", source, "--json"];
        string report = await Tool.RunAsync(hawser, name == NoReceipt ? [.. upload, "--no-hash"] : upload) ?? "";
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        CheckTarget(Path.Combine(folder, "1.file"), source);
        Directory.Delete(folder, recursive: true);
        return new Run(name, round, seconds,
            JsonDocument.Parse(report).RootElement.GetProperty("seconds").GetDouble());
    }

    /// <returns>Null when the tool is not installed.</returns>
    private static async Task<Run?> RunToolAsync(string name, int round, string source, string target)
    {
        if (await Tool.RunAsync("/bin/sh", "-c", $"command -v {name.Split(' ')[0]} || true") is null or "")
            return null;
        int port = TcpPort.Free();
        (string receive, string send) = name switch
        {
            Socat => ($"exec {Socat} -u TCP-LISTEN:{port},bind=127.0.0.1 CREATE:{target}",
                $"exec {Socat} -u OPEN:{source} TCP:127.0.0.1:{port}"),
            "ncat" => ($"exec ncat -l --recv-only 127.0.0.1 {port} > {target}",
                $"exec ncat --send-only 127.0.0.1 {port} < {source}"),
            _ => ($"exec nc -l 127.0.0.1 {port} > {target}", $"exec nc -N 127.0.0.1 {port} < {source}"),
        };
        using Process receiver = Process.Start("/bin/sh", ["-c", receive]);
        await TcpPort.WaitForListenerAsync(port);
        long begin = Stopwatch.GetTimestamp();
        using Process sender = Process.Start("/bin/sh", ["-c", send]);
        await sender.WaitForExitAsync();
        await receiver.WaitForExitAsync();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        CheckTarget(target, source);
        File.Delete(target);
        return new Run(name, round, seconds, null);
    }

    private static void CheckTarget(string target, string source)
    {
        if (new FileInfo(target).Length != new FileInfo(source).Length)
            throw new BenchException($"{target} is not what was sent");
    }

    private static void WriteSource(string path, int mebibytes)
    {
        var random = new Random(1);
        byte[] chunk = new byte[ChunkBytes];
        using FileStream source = File.Create(path);
        for (int i = 0; i < mebibytes; i++)
        {
            random.NextBytes(chunk);
            source.Write(chunk);
        }
        // Else its write-back would go on beside the first rounds.
        source.Flush(flushToDisk: true);
    }

    private static async Task WriteAsync(ResultPage page, List<Run> runs, double bytes, Arguments arguments)
    {
        string folder = arguments.Text("folder", Path.GetTempPath());
        string fileSystem = (await Tool.RunAsync("stat", "-f", "-c", "%T", folder))?.Trim() ?? "unknown";
        string versions = await Tool.RunAsync("/bin/sh", "-c",
            "socat -V | grep -o 'socat version [^ ]*'; ncat --version 2>&1 | grep -o 'Version [^ ]*'; "
            + "nc -h 2>&1 | head -1") ?? "";
        page.Line($"{bytes / Gigabyte:0.00} GB, file system {fileSystem}; each figure the median of the rounds, with the");
        page.Line("lowest and the highest. The clock runs from the sender's exec until the receiver has all, so that");
        page.Line("Hawser's includes the start of a .NET process and, with a receipt, SHA-256 on both sides. `transfer only`");
        page.Line("is what `hawser upload` measures itself: from before the connect to the server's close. A ratio is taken");
        page.Line("within a round. No receipt and no hash is `serve upload --no-receipt` and `upload --no-hash`.");
        page.Line();
        page.Line($"Versions: {string.Join("; ", versions.Split('\n', StringSplitOptions.RemoveEmptyEntries))}.");
        page.Line();
        page.Table(
            ["", "GB/s", "transfer only, GB/s", "ratio to socat", "ratio to ncat", "ratio to nc"],
            All.Where(name => runs.Any(run => run.Name == name)).Select(name => Row(name, runs, bytes)));
        page.Save(arguments.Text("file", "upload.md"));
    }

    private static string[] Row(string name, List<Run> runs, double bytes)
    {
        List<Run> own = [.. runs.Where(run => run.Name == name)];
        double[] transfers = [.. own.Select(run => run.TransferSeconds).OfType<double>()];
        return
        [
            name,
            new Sample(own.Select(run => bytes / run.Seconds / Gigabyte)).ToString("0.00"),
            transfers.Length > 0 ? new Sample(transfers.Select(s => bytes / s / Gigabyte)).ToString("0.00") : "",
            RatioTo(Socat),
            RatioTo("ncat"),
            RatioTo("nc"),
        ];

        string RatioTo(string reference)
        {
            double[] ratios = [.. own.Join(runs.Where(run => run.Name == reference), run => run.Round, other => other.Round,
                (run, other) => other.Seconds / run.Seconds)];
            return ratios.Length > 0 && reference != name ? new Sample(ratios).ToString("0.00") : "";
        }
    }
}
