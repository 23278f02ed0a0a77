using System.Diagnostics;
using System.Globalization;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>idle</c>: what connections that do nothing cost in memory.</summary>
internal static class IdleBench
{
    private const double Kibibyte = 1024;
    private const double Mebibyte = 1024 * 1024;

    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AcceptTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Options: <c>--connections 10000</c>, <c>--models epoll,async</c>, <c>--name</c> of the
    /// results.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("idle", "Idle connections: resident memory", arguments);
        string hawser = await Repository.PublishHawserAsync();
        int connections = arguments.Number("connections", 10_000);
        var rows = new List<string[]>();
        foreach (string model in arguments.Text("models", "epoll,async").Split(','))
        {
            foreach (int pings in (int[])[0, 1])
                rows.Add(await MeasureAsync(hawser, model, connections, pings));
        }
        page.Line($"{connections} connections to `hawser serve ping`, held by a second process: idle from the start, or after one");
        page.Line("ping each (their buffers must have been given back). VmRSS of the server in MiB; per connection in KiB, all");
        page.Line("that the server has grown by divided by their number.");
        page.Line();
        page.Table(["model", "pings each", "before", "with", "KiB per connection", "after closing"], rows);
        page.Save("idle.md");
    }

    private static async Task<string[]> MeasureAsync(string hawser, string model, int connections, int pings)
    {
        await Console.Error.WriteLineAsync($"{model}, {pings} pings each ...");
        using RunningServer server = await RunningServer.StartAsync(new ServerProgram(
            $"hawser {model}", hawser, "serve", "ping", "--port", "0", "--model", model,
            "--max-connections", $"{connections}", "--backlog", "1024", "--first-byte-timeout", "never"));
        int descriptors = ProcessSample.Descriptors(server.ProcessId);
        long before = await SettledBytesAsync(server);

        using Process holder = StartHolder(server, connections, pings);
        if (await holder.StandardOutput.ReadLineAsync() is null)
            throw new BenchException($"the connections could not be held; see ulimit -n, it must be above {connections}");
        await WaitForDescriptorsAsync(server, count => count >= descriptors + connections);
        long with = await SettledBytesAsync(server);

        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
        await WaitForDescriptorsAsync(server, count => count < descriptors + connections / 100);
        long after = await SettledBytesAsync(server);
        return
        [
            model,
            $"{pings}",
            Text(before / Mebibyte),
            Text(with / Mebibyte),
            Text((with - before) / Kibibyte / connections),
            Text(after / Mebibyte),
        ];
    }

    private static Process StartHolder(RunningServer server, int connections, int pings)
    {
        string[] arguments =
            [IdleLoad.Verb, "--port", $"{server.Port}", "--connections", $"{connections}", "--pings", $"{pings}"];
        return Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    private static async Task<long> SettledBytesAsync(RunningServer server)
    {
        await Task.Delay(SettleTime);
        return ProcessSample.Of(server.ProcessId).ResidentBytes;
    }

    private static async Task WaitForDescriptorsAsync(RunningServer server, Func<int, bool> reached)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!reached(ProcessSample.Descriptors(server.ProcessId)))
        {
            if (Stopwatch.GetElapsedTime(begin) > AcceptTimeout)
                throw new BenchException($"the server has {ProcessSample.Descriptors(server.ProcessId)} descriptors still");
            await Task.Delay(100);
        }
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
