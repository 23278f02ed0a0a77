using System.CommandLine;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Tls;

namespace Hawser.App.Verbs;

/// <summary><c>hawser ping</c>: pings servers and prints every pong.</summary>
internal sealed class PingVerb
{
    private readonly ServerArguments _servers = new(8000, ArgumentArity.ZeroOrMore);

    private readonly ClientTls _tls = new("ping");

    private readonly Option<int?> _clients = VerbOptions.OptionalInt(
        "--clients", "concurrent clients [default: one per server]", 1, 1_000_000, "--num-clients");

    private readonly Option<int> _count = VerbOptions.Int("--count", "pings of each client", 1, int.MaxValue, "10", "-c");

    private readonly Option<TimeSpan> _interval =
        VerbOptions.Duration("--interval", "pause between a pong and the next ping", "0ms", "-i");

    private readonly Option<TimeSpan> _timeout =
        VerbOptions.Timeout("--timeout", "limit for connecting and for each pong", "10s", "-w");

    private readonly Option<bool> _json = VerbOptions.Flag("--json", "print each pong, and the summary, as a line of JSON");

    public static Command Create()
    {
        var verb = new PingVerb();
        var command = new VerbCommand("ping", "Ping one or more ping servers and print every pong.")
        {
            Examples = ["hawser ping 127.0.0.1:8000 -c 3", "hawser ping --clients 5 --count 3"],
        };
        command.AddGroup(VerbOptions.Common, verb._count, verb._interval, verb._timeout, verb._clients, verb._json);
        verb._servers.AddTo(command);
        verb._tls.AddTo(command);
        command.SetAction((parsed, _) => verb.RunAsync(parsed));
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed)
    {
        IReadOnlyList<EndPoint> servers = _servers.Parse(parsed);
        int clients = parsed.GetValue(_clients) ?? servers.Count;
        if (clients < servers.Count)
            throw new UsageException($"{_clients.Name}: {servers.Count} servers need {servers.Count} clients or more");
        var run = new PingRun
        {
            Servers = servers,
            Clients = clients,
            Count = parsed.GetValue(_count),
            Interval = parsed.GetValue(_interval),
            Timeout = parsed.GetValue(_timeout),
            ShowsTime = _servers.AreNamed(parsed),
            Json = parsed.GetValue(_json),
            Layers = _tls.Read(parsed),
        };
        return run.RunAsync();
    }
}
