using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hawser.Bench.Load;
using Hawser.Bench.Programs;
using Hawser.Bench.Results;

namespace Hawser.Bench.Benches;

/// <summary><c>rate</c>: round trips of ping under one load, Hawser beside a server in C.</summary>
/// <remarks>
/// Every server is a process of its own, started anew for every run. A round is one run of each server, in an order
/// that is shuffled anew; a ratio compares two runs of the same round, so that drift of the machine hits both.
/// </remarks>
internal static class RateBench
{
    private const string OneLoop = "C, 1 loop";
    private const string AllLoops = "C, a loop per core";

    private sealed record Run(string Server, int Connections, int Round, LoadReport Report);

    /// <summary>
    /// Options: <c>--rounds 5</c>, <c>--seconds 2</c>, <c>--warm-up 1.5</c>, <c>--connections 1,50,500</c>,
    /// <c>--models epoll,...</c>, <c>--rivals kestrel,redis,asyncio</c>, <c>--against NAME=HAWSER,...</c> (further
    /// builds of <c>hawser</c>, each under epoll with one loop), <c>--seed</c> of the shuffling, <c>--name</c> of the
    /// results, <c>--file</c> of the page.
    /// </summary>
    public static async Task RunAsync(Arguments arguments)
    {
        ResultPage page = await ResultPage.BeginAsync("rate", "Ping: round trips per second", arguments);
        List<ServerProgram> servers = await ServersAsync(arguments);
        int[] connections = arguments.Numbers("connections", "1,50,500");
        int rounds = arguments.Number("rounds", 5);
        var random = new Random(arguments.Number("seed", 1));
        var runs = new List<Run>();
        for (int round = 1; round <= rounds; round++)
        {
            (ServerProgram Server, int Connections)[] order =
                [.. servers.SelectMany(server => connections.Select(count => (server, count)))];
            random.Shuffle(order);
            foreach ((ServerProgram server, int count) in order)
            {
                LoadReport report = await RunOneAsync(server, count, arguments);
                runs.Add(new Run(server.Name, count, round, report));
                await Console.Error.WriteLineAsync($"round {round} of {rounds}: {server.Name}, {count} connections: "
                    + $"{report.RoundTripsPerSecond:0} round trips/s");
            }
        }
        Write(page, servers, connections, runs);
        page.Save(arguments.Text("file", "rate.md"));
    }

    private static async Task<List<ServerProgram>> ServersAsync(Arguments arguments)
    {
        var servers = new List<ServerProgram>();
        bool hasReference = await Repository.MakeReferenceAsync() is { } reference && AddReferences(servers, reference);
        if (!hasReference)
            await Console.Error.WriteLineAsync("skipped: the server in C; it needs a compiler: apt-get install gcc make");
        string hawser = await Repository.PublishHawserAsync();
        foreach (string model in arguments.Text("models", "epoll").Split(','))
        {
            if (model == "epoll")
                servers.Add(OneEpollLoop("hawser epoll, 1 loop", hawser));
            servers.Add(new ServerProgram(
                model == "epoll" ? "hawser epoll, a loop per core" : $"hawser {model}", hawser,
                "serve", "ping", "--port", "0", "--model", model, "--threads", "1000")
            {
                Reference = model is "sequential" or "select" ? OneLoop : AllLoops,
            });
        }
        servers.AddRange(await Rivals.RivalServers.FindAsync(arguments.Text("rivals", "none"), OneLoop, AllLoops));
        foreach (string other in arguments.Text("against", "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = other.Split('=', 2);
            if (parts.Length != 2)
                throw new FormatException($"'{other}' is not NAME=PROGRAM, for --against");
            servers.Add(OneEpollLoop(parts[0], parts[1]));
        }
        return servers;
    }

    private static bool AddReferences(List<ServerProgram> servers, string reference)
    {
        servers.Add(new ServerProgram(OneLoop, reference, "0", "1"));
        servers.Add(new ServerProgram(AllLoops, reference, "0", $"{Environment.ProcessorCount}"));
        return true;
    }

    private static ServerProgram OneEpollLoop(string name, string hawser) =>
        new(name, hawser, "serve", "ping", "--port", "0", "--model", "epoll", "--loops", "1") { Reference = OneLoop };

    private static async Task<LoadReport> RunOneAsync(ServerProgram program, int connections, Arguments arguments)
    {
        using RunningServer server = await RunningServer.StartAsync(program);
        string? report = await Tool.RunAsync(
            Environment.ProcessPath!, PingLoad.Verb,
            "--port", $"{server.Port}", "--server", $"{server.ProcessId}", "--connections", $"{connections}",
            "--wire", program.Wire.Name,
            "--warm-up", Text(arguments.Seconds("warm-up", 1.5).TotalSeconds, "0.###"),
            "--seconds", Text(arguments.Seconds("seconds", 2).TotalSeconds, "0.###"));
        return JsonSerializer.Deserialize<LoadReport>(report!) ?? throw new UnreachableException();
    }

    private static void Write(
        ResultPage page, List<ServerProgram> servers, int[] connections, List<Run> runs)
    {
        page.Line("Each figure is the median of the rounds, with the lowest and the highest round. A ratio is taken within a");
        page.Line("round, then the median over the rounds: servers of one thread against C with one loop, the others against C");
        page.Line("with a loop per core. The load is one thread; where its share of a core nears 1 it was the limit itself. The CPU");
        page.Line("that a server spends on a round trip says what it could do alone, and suffers less from company: C's divided by");
        page.Line("the server's is the second ratio.");
        page.Line();
        foreach (int count in connections)
        {
            page.Line($"## {count} connection{(count == 1 ? "" : "s")}");
            page.Line();
            page.Table(
                ["server", "round trips/s", "ratio to C", "p50 µs", "p99 µs", "CPU µs per round trip", "ratio to C", "load CPU"],
                servers.Select(server => Row(server, [.. runs.Where(run => run.Connections == count)])));
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
            Over(own, report => report.RoundTripsPerSecond).ToString("#,0"),
            Ratio(pairs.Select(pair => pair.Own.RoundTripsPerSecond / pair.Reference.RoundTripsPerSecond)),
            Text(Over(own, report => report.P50Microseconds).Median, "0.0"),
            Text(Over(own, report => report.P99Microseconds).Median, "0.0"),
            Over(own, report => report.ServerCpuMicroseconds).ToString("0.00"),
            Ratio(pairs.Select(pair => pair.Reference.ServerCpuMicroseconds / pair.Own.ServerCpuMicroseconds)),
            Text(Over(own, report => report.LoadCpuShare).Median, "0.00"),
        ];
    }

    private static string Ratio(IEnumerable<double> ratios) =>
        ratios.Any() ? new Sample(ratios).ToString("0.00") : "";

    private static Sample Over(List<Run> runs, Func<LoadReport, double> figure) => new(runs.Select(run => figure(run.Report)));

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
