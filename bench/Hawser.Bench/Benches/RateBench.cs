using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary><c>rate</c>: ping round trips under the same load, compared with a server in C.</summary>
/// <remarks>
/// Every run starts a new server process. A round is one run of each server, in shuffled order; a ratio compares two
/// runs of one round, so that drift of the machine affects both.
/// </remarks>
internal static class RateBench
{
    private const string Sequential = "hawser sequential";

    /// <param name="Connections">Concurrent connections.</param>
    /// <param name="Pipeline">Pings that each sends at once.</param>
    private readonly record struct Shape(int Connections, int Pipeline)
    {
        public bool IsPipelined => Pipeline > 1;

        public override string ToString() =>
            $"{Connections} connection{(Connections == 1 ? "" : "s")}"
            + (IsPipelined ? $", {Pipeline} pings at once" : "");
    }

    private sealed record Run(string Server, Shape Shape, int Round, LoadReport Report);

    /// <summary>
    /// Options: <c>--rounds 5</c>, <c>--seconds 2</c>, <c>--warm-up 1.5</c>, <c>--connections 1,50,500</c>,
    /// <c>--pipeline 16</c> (pings at once; 1 omits these rows) and <c>--pipelined 1,50</c> (connections that send
    /// them), <c>--seed</c> of the order, and those of <see cref="PingServers"/> and <see cref="ResultPage"/>.
    /// </summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("rate", "Ping: round trips per second", arguments);
        List<ServerProgram> servers = await new PingServers(arguments).FindAsync();
        List<Shape> shapes = Shapes(arguments);
        var runs = new List<Run>();
        var rounds = new Rounds(page, arguments, otherwise: 5);
        await rounds.RunAsync(
            from server in servers
            from shape in shapes
            where Serves(server, shape)
            select (Server: server, Shape: shape),
            entry => $"{entry.Server.Name}, {entry.Shape}",
            async (round, entry) =>
            {
                LoadReport report = await RunOneAsync(entry.Server, entry.Shape, arguments);
                runs.Add(new Run(entry.Server.Name, entry.Shape, round, report));
                return $"{report.PingsPerSecond:0} pings/s";
            }, Write);
        rounds.Finish(Write);

        void Write(Markdown text) => WriteTables(text, servers, shapes, runs);
    }

    private static List<Shape> Shapes(Arguments arguments)
    {
        int pipeline = arguments.Number("pipeline", 16);
        IEnumerable<Shape> pipelined = pipeline > 1
            ? arguments.Numbers("pipelined", "1,50", quick: "50").Select(count => new Shape(count, pipeline))
            : [];
        return
        [
            .. arguments.Numbers("connections", "1,50,500", quick: "1,50").Select(count => new Shape(count, 1)),
            .. pipelined,
        ];
    }

    private static bool Serves(ServerProgram server, Shape shape) =>
        shape.Connections == 1 || server.Name != Sequential;

    private static async Task<LoadReport> RunOneAsync(ServerProgram program, Shape shape, Arguments arguments)
    {
        using RunningServer server = await RunningServer.StartAsync(program);
        string report = await Tool.RunAsync(
            Environment.ProcessPath!, PingLoad.Verb,
            "--port", $"{server.Port}", "--server", $"{server.ProcessId}", "--connections", $"{shape.Connections}",
            "--pipeline", $"{shape.Pipeline}", "--wire", program.Wire.Name,
            "--warm-up", $"{arguments.Seconds("warm-up", 1.5, quick: 0.5).TotalSeconds:0.###}",
            "--seconds", $"{arguments.Seconds("seconds", 2, quick: 0.5).TotalSeconds:0.###}");
        return JsonSerializer.Deserialize<LoadReport>(report) ?? throw new UnreachableException();
    }

    private static void WriteTables(Markdown text, List<ServerProgram> servers, List<Shape> shapes, List<Run> runs)
    {
        text.Paragraph(
            """
            Figures are medians of the rounds, with minimum and maximum. A ratio is taken within a round: servers with
            one thread compare with C with one loop, the others with C with a loop per core. The load is one thread;
            where its share of a core nears 1, it was the limit. A server's CPU per round trip shows what it could do
            alone and depends less on other work: the second ratio is C's CPU divided by the server's. `sequential`
            serves one connection at a time and is measured with one.
            """);
        if (shapes.Exists(shape => shape.IsPipelined))
        {
            text.Paragraph(
                """
                Pipelined pings go out in one send; the next ones follow after the last pong, and p50 and p99 cover the
                whole batch. redis-server receives its PING from the same load.
                """);
        }
        foreach (Shape shape in shapes)
        {
            text.Line($"## {shape}");
            text.Line();
            string unit = shape.IsPipelined ? "ping" : "round trip";
            text.Table(
                [
                    "server", $"{unit}s/s", "ratio to C", "p50 µs", "p99 µs", $"CPU µs per {unit}", "ratio to C",
                    "load CPU",
                ],
                servers.Where(server => Serves(server, shape))
                    .Select(server => Row(server, [.. runs.Where(run => run.Shape == shape)])));
        }
    }

    private static string[] Row(ServerProgram server, List<Run> runs)
    {
        List<Run> own = [.. runs.Where(run => run.Server == server.Name)];
        List<(LoadReport Own, LoadReport Reference)> pairs = [.. own.Join(
            runs.Where(run => run.Server == server.Reference), run => run.Round, reference => reference.Round,
            (run, reference) => (run.Report, reference.Report))];
        return
        [
            server.Name,
            Over(own, report => report.PingsPerSecond).ToString("#,0"),
            Ratio(pairs.Select(pair => pair.Own.PingsPerSecond / pair.Reference.PingsPerSecond)),
            Over(own, report => report.P50Microseconds).MedianText("0.0"),
            Over(own, report => report.P99Microseconds).MedianText("0.0"),
            Over(own, report => report.ServerCpuMicroseconds).ToString("0.00"),
            Ratio(pairs.Select(pair => pair.Reference.ServerCpuMicroseconds / pair.Own.ServerCpuMicroseconds)),
            Over(own, report => report.LoadCpuShare).MedianText("0.00"),
        ];
    }

    private static string Ratio(IEnumerable<double> ratios) =>
        ratios.Any() ? new Sample(ratios).ToString("0.00") : "";

    private static Sample Over(List<Run> runs, Func<LoadReport, double> figure) =>
        new(runs.Select(run => figure(run.Report)));
}
