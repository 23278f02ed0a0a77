using System.CommandLine;
using Hawser.App.Agents;
using Hawser.App.CommandLine;
using Hawser.App.Tls;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser load</c>: puts a load of pings on servers and measures it.</summary>
internal sealed class LoadVerb
{
    private readonly ServerArguments _servers = new(8000, ArgumentArity.ZeroOrMore);

    private readonly ClientTls _tls = new("ping");

    private readonly Option<int> _clients = VerbOptions.Int(
        "--clients", "concurrent connections, distributed over the servers", 1, 1_000_000, "1", "--num-clients");

    private readonly Option<TimeSpan?> _duration = VerbOptions.Value<TimeSpan?>(
        "--duration", "TIME", "how long to measure [default: 10s, with --until 2s for each step]",
        text => ParseDuration(text), null, "-d");

    private readonly Option<TimeSpan> _warmUp =
        VerbOptions.Duration("--warm-up", "full load before the measurement, once all clients have connected", "1s");

    private readonly Option<TimeSpan> _ramp =
        VerbOptions.Duration("--ramp", "time over which connections are opened, before the warm-up", "0s");

    private readonly Option<double?> _rate = VerbOptions.Value<double?>(
        "--rate", "N", "pings per second of all clients, like 50k, on a fixed schedule [default: each next ping after "
        + "the pong]", text => Quantity.ParseRate(text), null, "-r");

    private readonly Option<LatencyGoal?> _until = VerbOptions.Value<LatencyGoal?>(
        "--until", "GOAL", "find the highest rate that meets a latency goal, like p99<1ms", LatencyGoal.Parse);

    private readonly Option<LoadWire> _wire = VerbOptions.Value(
        "--wire", "WIRE", $"protocol of the server: {string.Join(", ", LoadWire.All)}", LoadWire.Parse, "ping")
        .WithChoices(LoadWire.All.Select(wire => wire.Name));

    private readonly Option<int> _pipeline = VerbOptions.Int(
        "--pipeline", "pings that a client sends at once", 1, PingLoadOptions.LongestPipeline, "1");

    private readonly Option<bool> _churn = VerbOptions.Flag("--churn", "open a new connection for each ping");

    private readonly Option<bool> _rehearse = VerbOptions.Flag(
        "--rehearse", "warm up the load on a private server first, so that connect times include no compilation");

    private readonly Option<TimeSpan> _timeout = VerbOptions.Value(
        "--timeout", "TIME", "wait for pongs in flight at the end", Quantity.ParseTimeout, "2s", "-w");

    private readonly Option<int> _loops =
        VerbOptions.Int("--loops", "event loops, a thread each", 1, 1_000, $"{Environment.ProcessorCount}");

    private readonly AgentOptions _agents = new();

    private readonly Option<bool> _json = VerbOptions.Flag("--json", "print the report as a line of JSON");

    private readonly Option<bool> _jsonStream =
        VerbOptions.Flag("--json-stream", "print progress as a line of JSON each second, then the report");

    public static Command Create()
    {
        var verb = new LoadVerb();
        var command = new VerbCommand("load", "Put a load on ping servers and measure throughput and latency.")
        {
            Examples =
            [
                "hawser load 127.0.0.1:8000 --clients 50 -d 5s",
                "hawser load 127.0.0.1:8000 --clients 50 --rate 20k",
                "hawser load 127.0.0.1:8000 --clients 50 --until 'p99<1ms'",
                "hawser load 10.0.0.1:8000 --clients 100 --agent 10.0.0.2 --agent 10.0.0.3 --agent-token-file secret",
            ],
        };
        command.AddGroup(VerbOptions.Common, verb._clients, verb._duration, verb._rate, verb._until);
        command.AddGroup("Output", verb._json, verb._jsonStream);
        command.AddGroup("What is sent", verb._wire, verb._pipeline, verb._churn);
        command.AddGroup("Course of the load", verb._warmUp, verb._ramp, verb._rehearse,
            verb._timeout, verb._loops);
        verb._agents.AddTo(command);
        verb._servers.AddTo(command);
        verb._tls.AddTo(command);
        command.SetAction((parsed, _) => verb.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        LatencyGoal? goal = parsed.GetValue(_until);
        if (parsed.GetValue(_churn) && ((Option[])[_rate, _until, _pipeline]).FirstOrDefault(parsed.Has) is { } other)
            throw new UsageException($"{other.Name}: does not apply beside {_churn.Name}");
        var options = new PingLoadOptions
        {
            Servers = _servers.Parse(parsed),
            Clients = parsed.GetValue(_clients),
            Duration = parsed.GetValue(_duration) ?? TimeSpan.FromSeconds(goal is null ? 10 : 2),
            WarmUp = parsed.GetValue(_warmUp),
            Ramp = parsed.GetValue(_ramp),
            Rate = parsed.GetValue(_rate),
            Wire = parsed.GetValue(_wire)!,
            Pipeline = parsed.GetValue(_pipeline),
            IsChurn = parsed.GetValue(_churn),
            Timeout = parsed.GetValue(_timeout),
            Loops = parsed.GetValue(_loops),
            Layers = _tls.Read(parsed),
        };
        AgentLoad? agents = UsageException.Guard(() => _agents.Read(parsed));
        if (agents is not null)
            Check(agents, options, parsed);
        var run = new LoadRun(agents, parsed.GetValue(_json), parsed.GetValue(_jsonStream));
        if (parsed.GetValue(_rehearse))
            await LoadRehearsal.RunAsync(options);
        return await (goal is null ? run.RunAsync(options) : run.SearchAsync(options, goal));
    }

    /// <exception cref="UsageException">Agents cannot send this load; the message names the option.</exception>
    private void Check(AgentLoad agents, PingLoadOptions options, ParseResult parsed)
    {
        string name = _agents.Agents.Name;
        Option? local = ((Option[])[_rehearse, _loops]).FirstOrDefault(parsed.Has) ?? _tls.FindGiven(parsed);
        if (local is not null)
            throw new UsageException($"{local.Name}: does not apply beside {name}");
        int count = agents.Agents.Count;
        if (options.Clients < count)
        {
            throw new UsageException($"{name}: {count} agents for {Quantity.FormatCount(options.Clients, "client")}; "
                + $"use {_clients.Name} {count} or more");
        }
        try
        {
            agents.Check(options);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{name}: agents do not take this load: {e.Message}");
        }
    }

    private static TimeSpan ParseDuration(string text) =>
        Quantity.ParseDuration(text) is var duration && duration > TimeSpan.Zero
            ? duration
            : throw new FormatException($"'{text}' is too short; use 500ms, 5s or 2m");
}
