using System.Diagnostics;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>idle</c>: memory of idle connections.</summary>
internal static class IdleBench
{
    private const double Kibibyte = 1024;
    private const double Mebibyte = 1024 * 1024;

    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AcceptTimeout = TimeSpan.FromSeconds(60);

    private sealed record Variant(string Model, int Pings)
    {
        public List<Figures> Rounds { get; } = [];
    }

    private sealed record Figures(long Before, long With, long After);

    /// <summary>Options: <c>--connections 10000</c>, <c>--models epoll,async</c>, <c>--rounds 3</c>, <c>--seed</c> of
    /// the order, and those of <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("idle", "Idle connections: resident memory", arguments);
        string hawser = await Repository.PublishHawserAsync();
        int connections = arguments.Number("connections", 10_000, quick: 1000);
        Variant[] variants =
        [
            .. from model in arguments.Text("models", "epoll,async").Split(',')
               from pings in (int[])[0, 1]
               select new Variant(model, pings),
        ];
        var rounds = new Rounds(page, arguments, otherwise: 3);
        await rounds.RunAsync(variants, variant => $"{variant.Model}, {variant.Pings} pings each", async (_, variant) =>
        {
            Figures figures = await MeasureAsync(hawser, variant, connections);
            variant.Rounds.Add(figures);
            return $"{(figures.With - figures.Before) / Kibibyte / connections:0.0} KiB per connection";
        }, text => Write(text, variants, connections));
        rounds.Finish(text => Write(text, variants, connections));
    }

    private static async Task<Figures> MeasureAsync(string hawser, Variant variant, int connections)
    {
        using RunningServer server = await RunningServer.StartAsync(new ServerProgram(
            $"hawser {variant.Model}", hawser, "serve", "ping", "--port", "0", "--model", variant.Model,
            "--max-connections", $"{connections}", "--backlog", "1024", "--first-byte-timeout", "never"));
        long before = await SettledBytesAsync(server);
        // Counted after start-up, which opens some descriptors temporarily.
        int descriptors = ProcessSample.Descriptors(server.ProcessId);

        using Process holder = StartHolder(server, connections, variant.Pings);
        try
        {
            Task<string?> held = holder.StandardOutput.ReadLineAsync();
            if (await Task.WhenAny(held, Task.Delay(AcceptTimeout)) != held || await held is null)
            {
                throw new BenchException(
                    $"cannot hold {connections} connections; raise ulimit -n above that");
            }
            await WaitForDescriptorsAsync(server, count => count >= descriptors + connections);
            long with = await SettledBytesAsync(server);

            holder.StandardInput.Close();
            await ChildProcess.WaitForExitAsync(holder, AcceptTimeout);
            await WaitForDescriptorsAsync(server, count => count < descriptors + Math.Max(1, connections / 100));
            return new Figures(before, with, await SettledBytesAsync(server));
        }
        finally
        {
            ChildProcess.End(holder);
        }
    }

    private static Process StartHolder(RunningServer server, int connections, int pings)
    {
        string[] arguments =
            [IdleLoad.Verb, "--port", $"{server.Port}", "--connections", $"{connections}", "--pings", $"{pings}"];
        return ChildProcess.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
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
            {
                throw new BenchException(
                    $"the server has {ProcessSample.Descriptors(server.ProcessId)} descriptors open");
            }
            await Task.Delay(100);
        }
    }

    private static void Write(Markdown text, Variant[] variants, int connections)
    {
        text.Paragraph(
            $"""
            {connections:#,0} connections to `hawser serve ping`, held by a second process: idle from the start, or
            after one ping each (buffers must be released). VmRSS of the server in MiB; its growth per connection in
            KiB. Figures are medians of the rounds, with minimum and maximum.
            """);
        text.Table(
            ["model", "pings each", "before", "with", "KiB per connection", "after closing"],
            variants.Select(variant => (string[])
            [
                variant.Model,
                $"{variant.Pings}",
                Over(variant, figures => figures.Before / Mebibyte),
                Over(variant, figures => figures.With / Mebibyte),
                Over(variant, figures => (figures.With - figures.Before) / Kibibyte / connections),
                Over(variant, figures => figures.After / Mebibyte),
            ]));
    }

    private static string Over(Variant variant, Func<Figures, double> figure) =>
        new Sample(variant.Rounds.Select(figure)).ToString("0.0");
}
