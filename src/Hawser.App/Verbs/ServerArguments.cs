using System.CommandLine;
using System.Net;

namespace Hawser.App.Verbs;

/// <summary>The servers that a command line names: as arguments, or with <c>--host</c> and <c>--port</c> as the exercise
/// has it.</summary>
internal sealed class ServerArguments
{
    private readonly Argument<string[]> _servers = new("HOST[:PORT]")
    {
        Description = "servers, like example.org:8000, [::1]:8000 or unix:PATH (default: --host)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _host =
        VerbOptions.Text("--host", "HOST", "a name, an address or unix:PATH", "127.0.0.1");

    private readonly Option<string> _port =
        VerbOptions.Text("--port", "PORT", "of servers that are named without one", "8000");

    public void AddTo(Command command)
    {
        command.Add(_servers);
        command.Add(_host);
        command.Add(_port);
    }

    /// <summary>The servers are arguments.</summary>
    public bool AreNamed(ParseResult parsed) => parsed.GetValue(_servers) is { Length: > 0 };

    /// <exception cref="UsageException">A server's address cannot be read.</exception>
    public IReadOnlyList<EndPoint> Parse(ParseResult parsed)
    {
        string port = parsed.GetValue(_port)!;
        parsed.Read(_port, VerbOptions.ParsePort);
        return AreNamed(parsed)
            ? [.. parsed.GetValue(_servers)!.Select(server => VerbOptions.ParseServer(server, port))]
            : [VerbOptions.ParseServer(parsed.GetValue(_host)!, port)];
    }
}
