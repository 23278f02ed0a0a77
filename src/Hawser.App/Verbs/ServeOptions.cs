using System.CommandLine;
using System.Net;
using Hawser.App.Tls;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>The options that every service has: where it listens, under which model, within which limits.</summary>
internal sealed class ServeOptions
{
    private const int MostConnections = 10_000_000;

    private readonly Argument<int>? _portArgument;
    private readonly Option<int> _port;
    private readonly Option<IReadOnlyList<EndPoint>> _host;
    private readonly Option<ConcurrencyModel> _model;
    private readonly Option<int> _threads;
    private readonly Option<int> _loops;
    private readonly Option<int> _backlog;
    private readonly Option<int> _connections;
    private readonly Option<TimeSpan?> _firstByte;
    private readonly Option<TimeSpan> _idle;
    private readonly Option<TimeSpan> _drain;
    private readonly ServerLimits _limits;
    private readonly ServeTls _tls;
    private readonly Option<bool> _quiet = VerbOptions.Flag("--quiet", "log failures only");
    private readonly Option<bool> _verbose = VerbOptions.Flag("--verbose", "log every connection");

    public ServeOptions(Service service)
    {
        _limits = service.DefaultLimits;
        _tls = new ServeTls(service);
        ModelOptions models = new();
        if (service.PortIsArgument)
            _portArgument = VerbOptions.Argument("PORT", "where to listen; 0: the system chooses", ParsePort);
        _port = VerbOptions.Value(
            "--port", "PORT", "where to listen; 0: the system chooses", ParsePort, $"{service.DefaultPort}");
        _host = VerbOptions.Value("--host", "ADDRESS", "an address, a name, :: for IPv6 and IPv4, or unix:PATH",
            ServerAddress.ParseListen, service.DefaultHost);
        _model = VerbOptions.Model(service.DefaultModel);
        _threads = VerbOptions.Int("--threads", "threads; with --model pool", 1, 10_000, $"{models.Threads}");
        _loops = VerbOptions.Int("--loops", "event loops; with --model epoll", 1, 1_000, $"{models.Loops}");
        _backlog = VerbOptions.Int("--backlog", "connections that may wait in the kernel", 1, 1_000_000,
            $"{service.DefaultBacklog}");
        _connections = VerbOptions.Int("--max-connections", "connections at once; more wait in the kernel", 1,
            MostConnections, $"{_limits.Connections}");
        // Where the two are the same, --idle-timeout means both.
        bool isIdle = _limits.FirstByteTimeout == _limits.IdleTimeout;
        _firstByte = VerbOptions.Value<TimeSpan?>("--first-byte-timeout", "TIME",
            "for the first byte, or never [default: "
            + (isIdle ? "as --idle-timeout]" : $"{Text(_limits.FirstByteTimeout)}]"), text => VerbOptions.ParseTimeout(text));
        _idle = VerbOptions.Timeout(
            "--idle-timeout", "close after this long without traffic, or never", Text(_limits.IdleTimeout));
        _drain = VerbOptions.Value("--drain-timeout", "TIME", "for conversations in progress at a signal, or never",
            Quantity.ParseTimeout, Text(_limits.DrainTimeout));

        int ParsePort(string text) => ServerAddress.ParseListenPort(text, service.LowestPort);
    }

    /// <summary>Adds them, around the options that the service alone has.</summary>
    public void AddTo(VerbCommand command, IReadOnlyList<Option> own)
    {
        if (_portArgument is not null)
            command.Add(_portArgument);
        // The service's own --verbose, if it has one, includes this one.
        Option[] verbose = own.All(option => option.Name != _verbose.Name) ? [_verbose] : [];
        command.AddGroup(
            VerbOptions.Common, [.. _portArgument is null ? (Option[])[_port] : [], _host, _model, .. own, _quiet, .. verbose]);
        command.AddGroup("Limits", _connections, _idle, _firstByte, _drain);
        _tls.AddTo(command);
        command.AddGroup("Tuning", _threads, _loops, _backlog);
    }

    /// <summary>Whether to log failures only.</summary>
    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>Whether to log every connection.</summary>
    public bool IsVerbose(ParseResult parsed) => parsed.GetValue<bool>(_verbose.Name);

    /// <summary>Reads certificates, the token and the networks of proxies.</summary>
    /// <exception cref="UsageException">They contradict each other, or a file is bad.</exception>
    public ServeSecurity ReadSecurity(ParseResult parsed) => _tls.Read(parsed);

    /// <exception cref="UsageException">An option does not apply to the chosen model or address.</exception>
    public ServerOptions Read(ParseResult parsed)
    {
        ConcurrencyModel model = parsed.GetValue(_model)!;
        RequireModel(_threads, "pool");
        RequireModel(_loops, "epoll");
        IReadOnlyList<EndPoint> hosts = parsed.GetValue(_host)!;
        if (parsed.Has(_port) && hosts[0] is not IPEndPoint)
            throw new UsageException($"{_port.Name}: does not apply to a unix: address");
        int port = _portArgument is null ? parsed.GetValue(_port) : parsed.GetValue(_portArgument);
        TimeSpan idle = parsed.GetValue(_idle);
        return new ServerOptions
        {
            EndPoints = [.. hosts.Select(host => ServerAddress.At(host, port))],
            Model = model,
            ModelOptions = new ModelOptions { Threads = parsed.GetValue(_threads), Loops = parsed.GetValue(_loops) },
            Backlog = parsed.GetValue(_backlog),
            Limits = _limits with
            {
                Connections = parsed.GetValue(_connections),
                FirstByteTimeout = parsed.GetValue(_firstByte)
                    ?? (_limits.FirstByteTimeout == _limits.IdleTimeout ? idle : _limits.FirstByteTimeout),
                IdleTimeout = idle,
                DrainTimeout = parsed.GetValue(_drain),
            },
        };

        void RequireModel(Option option, string name)
        {
            if (parsed.Has(option) && model.Name != name)
                throw new UsageException($"{option.Name}: applies to --model {name} only");
        }
    }

    private static string Text(TimeSpan timeout) => timeout switch
    {
        _ when timeout == Timeout.InfiniteTimeSpan => "never",
        _ when timeout.TotalSeconds % 3600 == 0 && timeout > TimeSpan.Zero => $"{timeout.TotalHours}h",
        _ when timeout.TotalSeconds % 60 == 0 && timeout > TimeSpan.Zero => $"{timeout.TotalMinutes}m",
        _ => $"{timeout.TotalSeconds}s",
    };
}
