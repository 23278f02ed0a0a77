using System.CommandLine;
using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>The options that every service has: where it listens, under which model, within which limits.</summary>
internal sealed class ServeOptions
{
    private readonly Service _service;
    private readonly Argument<string>? _portArgument;
    private readonly Option<string> _port;
    private readonly Option<string> _host;
    private readonly Option<string> _model;
    private readonly Option<string> _threads;
    private readonly Option<string> _loops;
    private readonly Option<string> _backlog;
    private readonly Option<string> _connections;
    private readonly Option<string> _firstByte;
    private readonly Option<string> _idle;
    private readonly Option<string> _drain;

    public ServeOptions(Service service)
    {
        _service = service;
        ServerLimits limits = service.DefaultLimits;
        ModelOptions models = new();
        if (service.PortIsArgument)
            _portArgument = new Argument<string>("PORT") { Description = "where to listen; 0: the system chooses" };
        _port = VerbOptions.Text("--port", "PORT", "where to listen; 0: the system chooses", $"{service.DefaultPort}");
        _host = VerbOptions.Text("--host", "ADDRESS", "an address, a name, :: for IPv6 and IPv4, or unix:PATH",
            service.DefaultHost);
        _model = VerbOptions.Text("--model", "MODEL", string.Join(", ", ConcurrencyModels.All.Select(Names)),
            service.DefaultModel);
        _threads = VerbOptions.Text("--threads", "N", "threads of the model pool", $"{models.Threads}");
        _loops = VerbOptions.Text("--loops", "N", "loops of the model epoll", $"{models.Loops}");
        _backlog = VerbOptions.Text("--backlog", "N", "connections that may wait in the kernel",
            $"{service.DefaultBacklog}");
        _connections = VerbOptions.Text("--max-connections", "N", "connections at once; more wait in the kernel",
            $"{limits.Connections}");
        // Where the two are the same, whoever changes the one means both.
        bool isIdle = limits.FirstByteTimeout == limits.IdleTimeout;
        _firstByte = VerbOptions.Text("--first-byte-timeout", "TIME",
            $"for the first byte, or never{(isIdle ? " (default: as --idle-timeout)" : "")}",
            isIdle ? null : Text(limits.FirstByteTimeout));
        _idle = VerbOptions.Text("--idle-timeout", "TIME", "without a byte moving, or never", Text(limits.IdleTimeout));
        _drain = VerbOptions.Text("--drain-timeout", "TIME", "for conversations in progress when a signal comes",
            Text(limits.DrainTimeout));
    }

    public void AddTo(Command command)
    {
        if (_portArgument is not null)
            command.Add(_portArgument);
        else
            command.Add(_port);
        foreach (Option<string> option in (Option<string>[])
            [_host, _model, _threads, _loops, _backlog, _connections, _firstByte, _idle, _drain])
        {
            command.Add(option);
        }
    }

    /// <exception cref="FormatException">A value is not one.</exception>
    public ServerOptions Read(ParseResult parsed)
    {
        string idle = parsed.GetValue(_idle)!;
        string port = _portArgument is null ? parsed.GetValue(_port)! : parsed.GetValue(_portArgument)!;
        IReadOnlyList<EndPoint> endPoints =
            VerbOptions.ParseListenAddress(
                parsed.GetValue(_host)!, VerbOptions.ParseListenPort(port, _service.LowestPort));
        return new ServerOptions
        {
            EndPoints = endPoints,
            Model = ConcurrencyModels.Get(parsed.GetValue(_model)!),
            ModelOptions = new ModelOptions
            {
                Threads = Quantity.ParseInt(parsed.GetValue(_threads)!, "number of threads", 1, 10_000),
                Loops = Quantity.ParseInt(parsed.GetValue(_loops)!, "number of loops", 1, 1_000),
            },
            Backlog = Quantity.ParseInt(parsed.GetValue(_backlog)!, "backlog", 1, 1_000_000),
            Limits = _service.DefaultLimits with
            {
                Connections = Quantity.ParseInt(parsed.GetValue(_connections)!, "number of connections", 1, 10_000_000),
                FirstByteTimeout = Quantity.ParseTimeout(parsed.GetValue(_firstByte) ?? idle),
                IdleTimeout = Quantity.ParseTimeout(idle),
                DrainTimeout = Quantity.ParseTimeout(parsed.GetValue(_drain)!),
            },
        };
    }

    private static string Names(ConcurrencyModel model) =>
        model.Aliases is [] ? model.Name : $"{model.Name} ({string.Join(", ", model.Aliases)})";

    private static string Text(TimeSpan timeout) => timeout switch
    {
        _ when timeout == Timeout.InfiniteTimeSpan => "never",
        _ when timeout.TotalSeconds % 3600 == 0 && timeout > TimeSpan.Zero => $"{timeout.TotalHours}h",
        _ when timeout.TotalSeconds % 60 == 0 && timeout > TimeSpan.Zero => $"{timeout.TotalMinutes}m",
        _ => $"{timeout.TotalSeconds}s",
    };
}
