using System.CommandLine;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser load</c>: puts a load of pings on servers and measures it.</summary>
internal sealed class LoadVerb
{
    private readonly ServerArguments _servers = new();

    private readonly Option<string> _clients =
        VerbOptions.Text("--clients", "N", "connections at once, dealt out to the servers", "1", "--num-clients");

    private readonly Option<string> _duration =
        VerbOptions.Text("--duration", "TIME", "how long to measure (default: 10s; 2s a step with --until)", null, "-d");

    private readonly Option<string> _warmUp =
        VerbOptions.Text("--warm-up", "TIME", "full load before that, not measured", "1s");

    private readonly Option<string> _ramp =
        VerbOptions.Text("--ramp", "TIME", "before that, over which connections are opened", "0s");

    private readonly Option<string> _rate = VerbOptions.Text(
        "--rate", "N", "pings per second in all, like 50k, on a fixed schedule (default: the next after each pong)", null,
        "-r");

    private readonly Option<string> _until =
        VerbOptions.Text("--until", "GOAL", "find the highest rate that keeps a latency, like p99<1ms");

    private readonly Option<string> _timeout =
        VerbOptions.Text("--timeout", "TIME", "wait for pongs that are under way at the end", "2s", "-w");

    private readonly Option<string> _loops =
        VerbOptions.Text("--loops", "N", "event loops, a thread each", $"{Environment.ProcessorCount}");

    private readonly Option<bool> _json = new("--json") { Description = "print the report as a line of JSON" };

    private readonly Option<bool> _jsonStream =
        new("--json-stream") { Description = "print progress as a line of JSON each second, then the report" };

    public static Command Create()
    {
        var verb = new LoadVerb();
        var command = new Command("load", "Put a load on ping servers and measure throughput and latency.");
        verb._servers.AddTo(command);
        foreach (Option option in (Option[])
            [verb._clients, verb._duration, verb._warmUp, verb._ramp, verb._rate, verb._until, verb._timeout, verb._loops,
                verb._json, verb._jsonStream])
        {
            command.Add(option);
        }
        command.SetAction((parsed, _) => verb.RunAsync(parsed));
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed)
    {
        LatencyGoal? goal = parsed.GetValue(_until) is { } until
            ? VerbOptions.Parse(_until, until, LatencyGoal.Parse)
            : null;
        var options = new PingLoadOptions
        {
            Servers = _servers.Parse(parsed),
            Clients = parsed.Read(_clients, text => Quantity.ParseInt(text, "number of clients", 1, 1_000_000))!.Value,
            Duration = parsed.Read(_duration, Quantity.ParseDuration) ?? TimeSpan.FromSeconds(goal is null ? 10 : 2),
            WarmUp = parsed.Read(_warmUp, Quantity.ParseDuration)!.Value,
            Ramp = parsed.Read(_ramp, Quantity.ParseDuration)!.Value,
            Rate = parsed.Read(_rate, Quantity.ParseRate),
            Timeout = parsed.Read(_timeout, Quantity.ParseDuration)!.Value,
            Loops = parsed.Read(_loops, text => Quantity.ParseInt(text, "number of loops", 1, 1_000))!.Value,
        };
        if (options.Duration <= TimeSpan.Zero)
            throw new UsageException("--duration must be longer than 0");
        var run = new LoadRun(parsed.GetValue(_json), parsed.GetValue(_jsonStream));
        return goal is null ? run.RunAsync(options) : run.SearchAsync(options, goal);
    }
}
