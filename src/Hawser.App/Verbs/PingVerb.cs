using System.CommandLine;
using System.Net;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser ping</c>: parallel clients of the ping service; with <c>--duration</c>, a load.</summary>
internal sealed class PingVerb
{
    private readonly Argument<string[]> _servers = new("HOST")
    {
        Description = "the servers under load, each a HOST or HOST:PORT (default: that of --host)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _host =
        VerbOptions.Text("--host", "HOST", "a name, an address or unix:PATH", "127.0.0.1");

    private readonly Option<string> _port = VerbOptions.Text("--port", "PORT", "the server's port", "8000");
    private readonly Option<string> _clients = VerbOptions.Text("--num-clients", "N", "clients at once", "1");
    private readonly Option<string> _count = VerbOptions.Text("--count", "N", "pings of each client (default: 10)");

    private readonly Option<string> _interval =
        VerbOptions.Text("--interval", "TIME", "between a pong and the next ping", "0ms");

    private readonly Option<string> _duration =
        VerbOptions.Text("--duration", "TIME", "put a load on the server for so long, and print figures only");

    private readonly Option<string> _warmUp =
        VerbOptions.Text("--warm-up", "TIME", "of a load, before it is measured", "1s");

    private readonly Option<string> _ramp =
        VerbOptions.Text("--ramp", "TIME", "of a load, over which connections are opened", "0s");

    private readonly Option<string> _rate =
        VerbOptions.Text(
            "--rate", "N", "pings per second, like 50k, sent by a fixed schedule (default: as pongs come)");

    private readonly Option<string> _until =
        VerbOptions.Text("--until", "GOAL", "find the highest rate that keeps a latency, like p99<1ms");

    private readonly Option<string> _loops =
        VerbOptions.Text("--loops", "N", "event loops of the load", $"{Environment.ProcessorCount}");

    private readonly Option<bool> _json = new("--json") { Description = "print the figures of a load as JSON" };

    private readonly Option<bool> _jsonStream =
        new("--json-stream") { Description = "print how a load goes as JSON, a line each second" };

    public static Command Create()
    {
        var verb = new PingVerb();
        var command = new Command(
            "ping", "Send pings from many clients at once and print every pong, or measure a load.");
        command.Add(verb._servers);
        foreach (Option option in (Option[])
            [verb._host, verb._port, verb._clients, verb._count, verb._interval, verb._duration, verb._warmUp,
                verb._ramp, verb._rate, verb._until, verb._loops, verb._json, verb._jsonStream])
        {
            command.Add(option);
        }
        command.SetAction(verb.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        int clients = Quantity.ParseInt(parsed.GetValue(_clients)!, "number of clients", 1, 1_000_000);
        bool isLoad = parsed.GetValue(_duration) is not null || parsed.GetValue(_until) is not null;
        if (isLoad && parsed.GetValue(_count) is not null)
            throw new UsageException("--count and --duration exclude each other: so many pings, or so long");
        if (isLoad)
            return RunLoadAsync(parsed, clients, cancel);
        foreach (Option<string> option in (Option<string>[])[_rate, _until])
        {
            if (parsed.GetValue(option) is not null)
                throw new UsageException($"{option.Name} needs --duration");
        }
        return PingRun.RunAsync(
            ParseServers(parsed)[0],
            clients,
            Quantity.ParseInt(parsed.GetValue(_count) ?? "10", "count", 1, int.MaxValue),
            Quantity.ParseDuration(parsed.GetValue(_interval)!),
            cancel);
    }

    private Task<int> RunLoadAsync(ParseResult parsed, int clients, CancellationToken cancel)
    {
        var options = new PingLoadOptions
        {
            Servers = ParseServers(parsed),
            Clients = clients,
            Duration = Quantity.ParseDuration(parsed.GetValue(_duration) ?? "2s"),
            WarmUp = Quantity.ParseDuration(parsed.GetValue(_warmUp)!),
            Ramp = Quantity.ParseDuration(parsed.GetValue(_ramp)!),
            Rate = parsed.GetValue(_rate) is { } rate ? Quantity.ParseRate(rate) : null,
            Loops = Quantity.ParseInt(parsed.GetValue(_loops)!, "number of loops", 1, 1_000),
        };
        if (options.Duration <= TimeSpan.Zero)
            throw new UsageException("--duration must be longer than nothing");
        LatencyGoal? goal = parsed.GetValue(_until) is { } until ? LatencyGoal.Parse(until) : null;
        var run = new PingLoadRun(parsed.GetValue(_json), parsed.GetValue(_jsonStream));
        return goal is null ? run.RunAsync(options, cancel) : run.SearchAsync(options, goal, cancel);
    }

    private IReadOnlyList<EndPoint> ParseServers(ParseResult parsed)
    {
        string port = parsed.GetValue(_port)!;
        string[] named = parsed.GetValue(_servers) is { Length: > 0 } servers ? servers : [parsed.GetValue(_host)!];
        return [.. named.Select(server => ParseServer(server, port))];
    }

    private static EndPoint ParseServer(string server, string port)
    {
        int colon = server.LastIndexOf(':');
        bool hasPort = colon > 0 && colon == server.IndexOf(':');
        return hasPort && !server.StartsWith("unix:", StringComparison.Ordinal)
            ? VerbOptions.ParseTarget(server[..colon], server[(colon + 1)..])
            : VerbOptions.ParseTarget(server, port);
    }
}
