using System.CommandLine;
using System.Net;

namespace Hawser.App.CommandLine;

/// <summary>The servers on a command line: <c>HOST[:PORT]</c>, or <c>--host</c> and <c>--port</c> as in the
/// exercises.</summary>
internal sealed class ServerArguments
{
    /// <summary>The argument's name in the help.</summary>
    public const string Name = "HOST[:PORT]";

    private readonly Argument<string[]> _servers;
    private readonly Option<string> _host = VerbOptions.Text("--host", "HOST", "a server without its port", "127.0.0.1");
    private readonly Option<int> _port;

    /// <param name="defaultPort">The port of a server given without one.</param>
    /// <param name="arity">The number of servers allowed.</param>
    public ServerArguments(int defaultPort, ArgumentArity arity)
    {
        _servers = new Argument<string[]>(Name)
        {
            Description = $"like example.org, 127.0.0.1:{defaultPort}, [::1]:{defaultPort} or unix:PATH",
            Arity = arity,
            CustomParser = result => [.. result.Tokens.Select(token => token.Value)],
        };
        _port = VerbOptions.Value(
            "--port", "PORT", "port of servers given without one", ServerAddress.ParsePort, $"{defaultPort}");
    }

    public void AddTo(VerbCommand command)
    {
        command.Add(_servers);
        command.AddGroup("Server", _host, _port);
    }

    /// <summary>The servers are arguments.</summary>
    public bool AreNamed(ParseResult parsed) => parsed.GetValue(_servers) is { Length: > 0 };

    /// <exception cref="UsageException">A server's address cannot be read.</exception>
    /// <exception cref="IOException">There is no such Unix domain socket.</exception>
    public IReadOnlyList<EndPoint> Parse(ParseResult parsed)
    {
        int port = parsed.GetValue(_port);
        if (AreNamed(parsed) && parsed.Has(_host))
            throw new UsageException($"{_host.Name}: does not apply beside {_servers.Name}");
        string[] texts = AreNamed(parsed) ? parsed.GetValue(_servers)! : [parsed.GetValue(_host)!];
        if (parsed.Has(_port) && texts.All(text => ServerAddress.HasPort(text) || ServerAddress.IsUnix(text)))
            throw new UsageException($"{_port.Name}: does not apply to {texts[0]}");
        EndPoint[] servers =
            [.. texts.Select(text => UsageException.Guard(() => ServerAddress.Parse(text, port)))];
        foreach (EndPoint server in servers)
            ServerAddress.RequireSocket(server);
        return servers;
    }
}
