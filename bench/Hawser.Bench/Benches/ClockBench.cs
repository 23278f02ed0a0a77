using System.Text.Json;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary><c>clock</c>: timestamps every ten milliseconds, with one client compared with irtt, and with many clients
/// in one process.</summary>
internal static class ClockBench
{
    private const string Irtt = "irtt";
    private const string Hawser = "hawser";
    private const int IntervalMilliseconds = 10;

    private sealed record Variant(string Program, int Clients, TimeSpan Duration, bool Exchanges = false)
    {
        public string Name => Program == Irtt ? Irtt : $"{Clients:#,0} client{(Clients == 1 ? "" : "s")}";

        public long Expected => Clients * (long)(Duration.TotalMilliseconds / IntervalMilliseconds);
    }

    private sealed record Run(Variant Variant, DelayFigures Figures, Costs? Costs);

    /// <summary>Figures that only Hawser reports.</summary>
    private sealed record Costs(
        long Missed, double LatenessMedian, double LatenessP99, double LatenessP999, double ClientCpu, double ServerCpu,
        string Delivered);

    /// <summary>Options: <c>--rounds 5</c>, <c>--seconds 15</c> of one client and of irtt, <c>--many-seconds 10</c> of
    /// many clients, <c>--clients 3,200,1000</c> (their numbers), <c>--full</c> (also three clients for five minutes,
    /// with exchange of recordings), <c>--folder</c> of the recordings (default: the temporary folder), <c>--seed</c> of
    /// the order, and those of <see cref="ResultPage"/>.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync(
            "clock", "Clock: delay and jitter compared with irtt, lateness with many clients", arguments);
        string hawser = await Repository.PublishHawserAsync();
        using var folder = new ScratchFolder(arguments);
        TimeSpan one = arguments.Seconds("seconds", 15, quick: 2);
        TimeSpan many = arguments.Seconds("many-seconds", 10, quick: 2);
        Variant[] variants =
        [
            .. Requirement.Has(Irtt) ? [new Variant(Irtt, 1, one)] : (Variant[])[],
            new(Hawser, 1, one),
            .. arguments.Numbers("clients", "3,200,1000").Select(clients => new Variant(Hawser, clients, many)),
        ];
        var runs = new List<Run>();
        var rounds = new Rounds(page, arguments, otherwise: 5);
        await rounds.RunAsync(
            variants, variant => variant.Name, (_, variant) => MeasureAsync(variant),
            text => Write(text, variants, runs));
        if (arguments.IsFull)
        {
            var full = new Variant(Hawser, 3, arguments.Seconds("full-seconds", 300, quick: 3), Exchanges: true);
            variants = [.. variants, full];
            await rounds.MeasureAsync(rounds.Count, $"{full.Name} for {full.Duration.TotalMinutes:0.#} minutes",
                () => MeasureAsync(full));
        }
        rounds.Finish(text => Write(text, variants, runs));

        async Task<string> MeasureAsync(Variant variant)
        {
            Run run = variant.Program == Irtt
                ? await RunIrttAsync(variant)
                : await RunHawserAsync(variant, hawser, folder);
            runs.Add(run);
            return $"{run.Figures.Sent} of {variant.Expected} sent, median delay {Time(run.Figures.DelayMedian)}";
        }
    }

    private static async Task<Run> RunIrttAsync(Variant variant)
    {
        int port = LoopbackPort.FreeUdp();
        using RunningServer server = await RunningServer.StartAsync(
            new ServerProgram(Irtt, Irtt, "server", "-b", $"127.0.0.1:{port}")
            {
                ListeningLine = "starting IPv4 listener",
                Port = port,
            });
        string report = await Tool.RunAsync(
            Irtt, "client", "-i", $"{IntervalMilliseconds}ms", "-d", $"{variant.Duration.TotalMilliseconds:0}ms", "-Q",
            "-o", "-", $"127.0.0.1:{port}");
        return new Run(variant, DelayFigures.OfIrtt(JsonDocument.Parse(report).RootElement), null);
    }

    private static async Task<Run> RunHawserAsync(Variant variant, string hawser, ScratchFolder folder)
    {
        string recordings = folder.At("recordings");
        using RunningServer server = await RunningServer.StartAsync(new ServerProgram(
            Hawser, hawser, "serve", "clock", "--host", "127.0.0.1", "--port", "0",
            "--out", Path.Combine(recordings, "server")));
        try
        {
            TimeSpan clientBefore = ProcessSample.Of(Environment.ProcessId).WaitedCpu;
            TimeSpan serverBefore = ProcessSample.Of(server.ProcessId).Cpu;
            string text = await Tool.RunAsync(hawser,
            [
                "clock", "127.0.0.1", "--port", $"{server.Port}", "--clients", $"{variant.Clients}",
                "--duration", $"{variant.Duration.TotalMilliseconds:0}ms", "--interval", $"{IntervalMilliseconds}ms",
                "--out", Path.Combine(recordings, "clients"), "--json",
                .. variant.Exchanges ? [] : (string[])["--no-exchange"],
            ]);
            TimeSpan clientCpu = ProcessSample.Of(Environment.ProcessId).WaitedCpu - clientBefore;
            TimeSpan serverCpu = ProcessSample.Of(server.ProcessId).Cpu - serverBefore;
            JsonElement report = JsonDocument.Parse(text).RootElement;
            JsonElement lateness = report.GetProperty("all").GetProperty("lateness");
            var costs = new Costs(
                report.GetProperty("all").GetProperty("missed").GetInt64(),
                lateness.GetProperty("median_ns").GetDouble(), lateness.GetProperty("p99_ns").GetDouble(),
                lateness.GetProperty("p999_ns").GetDouble(), clientCpu.TotalSeconds, serverCpu.TotalSeconds,
                variant.Exchanges ? Delivered(report) : "");
            return new Run(variant, DelayFigures.OfHawser(report), costs);
        }
        finally
        {
            Directory.Delete(recordings, recursive: true);
        }
    }

    private static string Delivered(JsonElement report)
    {
        JsonElement[] clients =
            [.. report.GetProperty("clients").EnumerateArray().Select(client => client.GetProperty("deliveries"))];
        return $"{Sum("delivered")} of {Sum("expected")} recordings delivered";

        int Sum(string name) => clients.Sum(client => client.GetProperty(name).GetInt32());
    }

    private static void Write(Markdown text, Variant[] variants, List<Run> runs)
    {
        text.Paragraph(
            """
            Server and clients are two processes on the same machine, over the loopback interface, with a timestamp
            every 10 ms. Figures are medians of the rounds, with minimum and maximum.
            """);
        text.Line("## One client compared with irtt");
        text.Line();
        text.Paragraph(
            $"""
            `irtt client -i 10ms -d {Seconds(variants[0])} -Q -o - 127.0.0.1:PORT` and `hawser clock 127.0.0.1
            --clients 1 --duration {Seconds(variants[0])} --interval 10ms --no-exchange --json`, in turn. irtt
            measures over UDP, Hawser over TCP. Jitter is the difference of consecutive delays (IPDV).
            """);
        text.Table(
            ["program", "sent", "of", "delay min", "median", "p99", "max", "jitter median", "max"],
            variants.Where(variant => variant.Clients == 1).Select(variant => DelayRow(variant, Of(variant, runs))));
        text.Line("## Many clients in one process");
        text.Line();
        text.Paragraph(
            """
            `hawser clock 127.0.0.1 --clients N --duration TIME --interval 10ms --no-exchange --json`. A tick that is
            not sent before the next one is due is missed. Lateness covers the ticks that were sent. CPU is user and
            system time of the whole run.
            """);
        text.Table(
            [
                "clients, time", "ticks", "missed", "lateness median", "p99", "p99.9", "delay median", "p99",
                "CPU s, client", "server",
            ],
            variants.Where(variant => variant.Clients > 1).Select(variant => ManyRow(variant, Of(variant, runs))));
        foreach (Run run in runs.Where(run => run.Variant.Exchanges))
        {
            text.Paragraph(
                $"{Seconds(run.Variant)}: a single run, with exchange of recordings: {run.Costs!.Delivered}.");
        }
    }

    private static string[] DelayRow(Variant variant, Run[] own) =>
    [
        variant.Program,
        Over(own, run => run.Figures.Sent, value => $"{value:#,0}"),
        $"{variant.Expected:#,0}",
        Over(own, run => run.Figures.DelayMin, Time),
        Over(own, run => run.Figures.DelayMedian, Time),
        Over(own, run => run.Figures.DelayP99, Time),
        Over(own, run => run.Figures.DelayMax, Time),
        Over(own, run => run.Figures.JitterMedian, Time),
        Over(own, run => run.Figures.JitterMax, Time),
    ];

    private static string[] ManyRow(Variant variant, Run[] own) =>
    [
        $"{variant.Clients:#,0}, {Seconds(variant)}",
        $"{variant.Expected:#,0}",
        Over(own, run => 100.0 * run.Costs!.Missed / variant.Expected, value => $"{value:0.##} %"),
        Over(own, run => run.Costs!.LatenessMedian, Time),
        Over(own, run => run.Costs!.LatenessP99, Time),
        Over(own, run => run.Costs!.LatenessP999, Time),
        Over(own, run => run.Figures.DelayMedian, Time),
        Over(own, run => run.Figures.DelayP99, Time),
        Over(own, run => run.Costs!.ClientCpu, value => $"{value:0.0}"),
        Over(own, run => run.Costs!.ServerCpu, value => $"{value:0.0}"),
    ];

    private static Run[] Of(Variant variant, List<Run> runs) => [.. runs.Where(run => run.Variant == variant)];

    private static string Over(Run[] runs, Func<Run, double> figure, Func<double, string> text) =>
        new Sample(runs.Select(figure)).ToString(text);

    private static string Seconds(Variant variant) => $"{variant.Duration.TotalSeconds:0.###}s";

    private static string Time(double ns) => ns switch
    {
        < 999.5 => $"{ns:0} ns",
        < 999.5e3 => $"{ns / 1e3:0.0} µs",
        _ => $"{ns / 1e6:0.00} ms",
    };
}
