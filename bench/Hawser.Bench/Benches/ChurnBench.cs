using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;
using Hawser.Bench.Rivals;

namespace Hawser.Bench.Benches;

/// <summary><c>churn</c>: connections per second, one ping each.</summary>
/// <remarks>As in <see cref="RateBench"/>, every run starts a new server, and a ratio compares two runs of one
/// round.</remarks>
internal static class ChurnBench
{
    private sealed record Run(string Server, int Clients, int Round, ChurnReport Report);

    /// <summary>
    /// Options: <c>--clients 4,50</c> (connections at once), <c>--rounds 5</c>, <c>--seconds 2</c>, <c>--warm-up
    /// 1.5</c>, <c>--seed</c> of the order, and those of <see cref="PingServers"/> (default: every concurrent model,
    /// and the rivals kestrel and redis) and <see cref="ResultPage"/>.
    /// </summary>
    public static async Task RunAsync(Arguments arguments)
    {
        int[] clients = arguments.Numbers("clients", "4,50");
        if (clients.Any(count => count < 1))
            throw new FormatException("--clients must be 1 or more");
        ResultPage page = await ResultPage.BeginAsync("churn", "Churn: connections per second", arguments);
        List<ServerProgram> servers = await ServersAsync(arguments);
        var runs = new List<Run>();
        var rounds = new Rounds(page, arguments, otherwise: 5);
        await rounds.RunAsync(
            from server in servers
            from count in clients
            select (Server: server, Clients: count),
            entry => $"{entry.Server.Name}, {entry.Clients} clients",
            async (round, entry) =>
            {
                ChurnReport report = await RunOneAsync(entry.Server, entry.Clients, arguments);
                runs.Add(new Run(entry.Server.Name, entry.Clients, round, report));
                return $"{report.ConnectionsPerSecond:0} connections/s, {report.Errors.Values.Sum()} errors";
            }, Write);
        rounds.Finish(Write);

        void Write(Markdown text) => ChurnBench.Write(text, servers, clients, runs);
    }

    private static async Task<List<ServerProgram>> ServersAsync(Arguments arguments)
    {
        var servers = new PingServers(arguments)
        {
            IncludesModel = model => model is { IsConcurrent: true, IsAvailable: true },
            DefaultRivals = "kestrel,redis",
            DiscardsLog = true,
        };
        return
        [
            .. (await servers.FindAsync()).Select(server => server.Wire == PingWire.Redis
                ? server with { Wire = PingWire.RedisInline }
                : server),
        ];
    }

    private static async Task<ChurnReport> RunOneAsync(ServerProgram program, int clients, Arguments arguments)
    {
        using RunningServer server = await RunningServer.StartAsync(program);
        string report = await Tool.RunAsync(
            Environment.ProcessPath!, ChurnLoad.Verb,
            "--port", $"{server.Port}", "--server", $"{server.ProcessId}", "--clients", $"{clients}",
            "--wire", program.Wire.Name,
            "--warm-up", $"{arguments.Seconds("warm-up", 1.5, quick: 0.5).TotalSeconds:0.###}",
            "--seconds", $"{arguments.Seconds("seconds", 2, quick: 0.5).TotalSeconds:0.###}");
        return JsonSerializer.Deserialize<ChurnReport>(report) ?? throw new UnreachableException();
    }

    private static void Write(Markdown text, List<ServerProgram> servers, int[] clients, List<Run> runs)
    {
        text.Paragraph(
            """
            Each client connects, sends one ping, receives the pong, half-closes, waits for the server's end, closes and
            connects again; redis-server receives the inline command PING. A connection counts if all steps succeed;
            its time runs from the connect to the server's end. The client closes first, so TIME_WAIT stays on its
            side; source addresses 127.0.1.1 to 127.0.1.64 take turns, and no connection is reset.
            """);
        text.Paragraph(
            """
            Figures are medians of the rounds, with minimum and maximum. A ratio is taken within a round; if its range
            includes 1, no difference was seen. The load is one thread, which also runs most of each loopback
            handshake: where its share of a core nears 1, it was the limit, and only the server's CPU distinguishes
            the servers. `hawser serve ping` logs two lines per connection, here to /dev/null; the others log nothing.
            """);
        ServerProgram[] rivals = [.. servers.Where(server => !server.IsOwn)];
        foreach (int count in clients)
        {
            List<Run> own = [.. runs.Where(run => run.Clients == count)];
            text.Line($"## {count} client{(count == 1 ? "" : "s")}");
            text.Line();
            text.Table(
                ["server", "connections/s", "p50 µs", "p99 µs", "CPU µs per connection", "load CPU", "errors"],
                servers.Select(server => Row([.. own.Where(run => run.Server == server.Name)], server.Name)));
            WriteRatios(text, "Connections per second, ratio to:", servers, rivals, own,
                (server, rival) => server.ConnectionsPerSecond / rival.ConnectionsPerSecond);
            WriteRatios(text, "CPU per connection, the rival's divided by the server's (above 1: less):",
                servers, rivals, own,
                (server, rival) => rival.ServerCpuMicroseconds / server.ServerCpuMicroseconds);
        }
        WriteErrors(text, runs);
    }

    private static string[] Row(List<Run> runs, string server) =>
    [
        server,
        Over(runs, report => report.ConnectionsPerSecond).ToString("#,0"),
        Over(runs, report => report.P50Microseconds).MedianText("0"),
        Over(runs, report => report.P99Microseconds).MedianText("0"),
        Over(runs, report => report.ServerCpuMicroseconds).ToString("0.0"),
        Over(runs, report => report.LoadCpuShare).MedianText("0.00"),
        $"{runs.Sum(run => run.Report.Errors.Values.Sum())}",
    ];

    private static void WriteRatios(
        Markdown text, string title, List<ServerProgram> servers, ServerProgram[] rivals, List<Run> runs,
        Func<ChurnReport, ChurnReport, double> ratio)
    {
        if (rivals.Length == 0)
            return;
        text.Paragraph(title);
        text.Table(
            ["server", .. rivals.Select(rival => rival.Name)],
            servers.Where(server => server.IsOwn).Select(server => (string[])
            [
                server.Name,
                .. rivals.Select(rival => Ratio(server, rival)),
            ]));

        string Ratio(ServerProgram server, ServerProgram rival) => new Sample(
            from own in runs
            join other in runs on own.Round equals other.Round
            where own.Server == server.Name && other.Server == rival.Name
            select ratio(own.Report, other.Report)).ToString("0.00");
    }

    private static void WriteErrors(Markdown text, List<Run> runs)
    {
        Run[] failed = [.. runs.Where(run => run.Report.Errors.Count > 0)];
        text.Line($"## Errors, including warm-ups{(failed.Length == 0 ? ": none" : "")}");
        text.Line();
        foreach (Run run in failed)
        {
            IEnumerable<string> errors = run.Report.Errors.Select(error => $"{error.Value} × \"{error.Key}\"");
            text.Line($"- {run.Server}, {run.Clients} clients, round {run.Round}: {string.Join(", ", errors)}");
        }
        if (failed.Length > 0)
            text.Line();
    }

    private static Sample Over(List<Run> runs, Func<ChurnReport, double> figure) =>
        new(runs.Select(run => figure(run.Report)));
}
