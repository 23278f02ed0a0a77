using System.CommandLine;
using System.Net;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser ping</c>: clients that print every pong.</summary>
internal sealed class PingVerb
{
    private readonly ServerArguments _servers = new();

    private readonly Option<string> _clients =
        VerbOptions.Text("--clients", "N", "clients at once (default: one for each server)", aliases: "--num-clients");

    private readonly Option<string> _count = VerbOptions.Text("--count", "N", "pings of each client", "10", "-c");

    private readonly Option<string> _interval =
        VerbOptions.Text("--interval", "TIME", "between a pong and the next ping", "0ms", "-i");

    private readonly Option<string> _timeout =
        VerbOptions.Text("--timeout", "TIME", "to connect, and for each pong", "10s", "-w");

    public static Command Create()
    {
        var verb = new PingVerb();
        var command = new Command("ping", "Ping one or more ping servers and print every pong.");
        verb._servers.AddTo(command);
        foreach (Option option in (Option[])[verb._clients, verb._count, verb._interval, verb._timeout])
            command.Add(option);
        command.SetAction((parsed, _) => verb.RunAsync(parsed));
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed)
    {
        IReadOnlyList<EndPoint> servers = _servers.Parse(parsed);
        int clients = parsed.Read(_clients, text => Quantity.ParseInt(text, "number of clients", 1, 1_000_000))
            ?? servers.Count;
        if (clients < servers.Count)
            throw new UsageException($"{_clients.Name}: {servers.Count} servers need {servers.Count} clients or more");
        TimeSpan timeout = parsed.Read(_timeout, Quantity.ParseTimeout)!.Value;
        if (timeout == TimeSpan.Zero)
            throw new UsageException($"{_timeout.Name} must be longer than 0");
        var run = new PingRun
        {
            Servers = servers,
            Clients = clients,
            Count = parsed.Read(_count, text => Quantity.ParseInt(text, "count", 1, int.MaxValue))!.Value,
            Interval = parsed.Read(_interval, Quantity.ParseDuration)!.Value,
            Timeout = timeout,
            ShowsTime = _servers.AreNamed(parsed),
        };
        return run.RunAsync();
    }
}
