using System.CommandLine;
using System.Net;
using Hawser.App.Tls;
using Hawser.Limits;
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
    private readonly Option<int?> _perAddress = VerbOptions.OptionalInt(
        "--max-per-address", "connections of one address (IPv6: of one /64) at once; more are refused", 1, MostConnections);

    private readonly Option<double?> _acceptRate = VerbOptions.Value<double?>(
        "--accept-rate", "N", "new connections per second of one address, as many at once; more are refused",
        text => Quantity.ParseRate(text));

    private readonly Option<string[]> _allow = VerbOptions.Values(
        "--allow", "CIDR", "serve only these addresses; @FILE: one a line, read again when it changes; repeatable",
        CheckNetworks);

    private readonly Option<string[]> _deny = VerbOptions.Values(
        "--deny", "CIDR", "refuse these addresses, as --allow", CheckNetworks);

    private readonly Option<TimeSpan?> _firstByte;
    private readonly Option<TimeSpan> _idle;
    private readonly Option<TimeSpan> _total = VerbOptions.Timeout(
        "--total-timeout", "close after this long in all, or never", "never");

    private readonly Option<MinimumRate?> _minRate = VerbOptions.Value<MinimumRate?>(
        "--min-rate", "SIZE/TIME", "close below this many bytes a second, over this long within a message; like 240/5s",
        text => ParseMinimumRate(text));

    private readonly Option<long?> _bytes = VerbOptions.Value<long?>(
        "--max-connection-bytes", "SIZE", "bytes received per connection", text => ParseBytes(text));

    private readonly Option<long?> _rate = VerbOptions.Value<long?>(
        "--rate-limit", "RATE", "bytes per second in each direction, shared by all connections; like 10MB/s",
        text => Quantity.ParseByteRate(text));

    private readonly Option<long?> _connectionRate = VerbOptions.Value<long?>(
        "--connection-rate-limit", "RATE", "as --rate-limit, of each connection", text => Quantity.ParseByteRate(text));

    private readonly Option<TimeSpan> _drain;
    private readonly ServerLimits _limits;
    private readonly ServeTls _tls;
    private readonly Option<bool> _quiet = VerbOptions.Flag("--quiet", "log failures only");
    private readonly Option<bool> _verbose = VerbOptions.Flag("--verbose", "log every connection");

    private readonly Option<bool> _noStatus = NoStatus();

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
        if (ConcurrencyModels.All.FirstOrDefault(IsHeldUp)?.LongestSilence is { } silence)
        {
            string names = string.Join(", ", ConcurrencyModels.All.Where(IsHeldUp).Select(model => model.Name));
            _idle.Description += $" [{names}: {Text(silence)}]";
        }
        _drain = VerbOptions.Value("--drain-timeout", "TIME", "for conversations in progress at a signal, or never",
            Quantity.ParseTimeout, Text(_limits.DrainTimeout));

        bool IsHeldUp(ConcurrencyModel model) => model.LongestSilence < _limits.IdleTimeout;

        int ParsePort(string text) => ServerAddress.ParseListenPort(text, service.LowestPort);
    }

    /// <summary>Adds them, around the options that the service alone has.</summary>
    public void AddTo(VerbCommand command, IReadOnlyList<Option> own)
    {
        if (_portArgument is not null)
            command.Add(_portArgument);
        // The service's own --verbose, if it has one, includes this one; so does its own --min-rate.
        Option[] verbose = own.All(option => option.Name != _verbose.Name) ? [_verbose] : [];
        Option[] minRate = own.All(option => option.Name != _minRate.Name) ? [_minRate] : [];
        Option[] port = _portArgument is null ? [_port] : [];
        command.AddGroup(VerbOptions.Common, [.. port, _host, _model, .. own, _quiet, .. verbose, _noStatus]);
        command.AddGroup("Limits", [_connections, _idle, _firstByte, _drain, _total, .. minRate, _bytes]);
        command.AddGroup("Limits of addresses", _perAddress, _acceptRate, _allow, _deny);
        command.AddGroup("Bandwidth", _rate, _connectionRate);
        _tls.AddTo(command);
        command.AddGroup("Tuning", _threads, _loops, _backlog);
    }

    /// <summary>Whether to log failures only.</summary>
    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>Whether <c>hawser status</c> may see the server.</summary>
    public bool HasStatus(ParseResult parsed) => !parsed.GetValue(_noStatus);

    /// <summary>The option that hides a server from <c>hawser status</c>.</summary>
    public static Option<bool> NoStatus() => VerbOptions.Flag("--no-status", "open no socket for hawser status and top");

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
        TimeSpan idle = parsed.Has(_idle) ? parsed.GetValue(_idle) : AtMost(model.LongestSilence, _limits.IdleTimeout);
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
                    ?? (_limits.FirstByteTimeout == _limits.IdleTimeout
                        ? idle
                        : AtMost(model.LongestSilence, _limits.FirstByteTimeout)),
                IdleTimeout = idle,
                DrainTimeout = parsed.GetValue(_drain),
                TotalTimeout = parsed.GetValue(_total),
                MinimumRate = parsed.GetValue(_minRate),
                BytesPerConnection = parsed.GetValue(_bytes) ?? _limits.BytesPerConnection,
                ConnectionsPerAddress = parsed.GetValue(_perAddress) ?? _limits.ConnectionsPerAddress,
                AcceptRate = parsed.GetValue(_acceptRate) ?? _limits.AcceptRate,
                Allow = ReadList(_allow),
                Deny = ReadList(_deny),
                RateLimit = parsed.GetValue(_rate) ?? _limits.RateLimit,
                ConnectionRateLimit = parsed.GetValue(_connectionRate) ?? _limits.ConnectionRateLimit,
            },
        };

        AddressList? ReadList(Option<string[]> option) =>
            parsed.GetValue(option) is { Length: > 0 } rules ? UsageException.Guard(() => AddressList.Parse(rules)) : null;

        void RequireModel(Option option, string name)
        {
            if (parsed.Has(option) && model.Name != name)
                throw new UsageException($"{option.Name}: applies to --model {name} only");
        }
    }

    private static TimeSpan AtMost(TimeSpan? bound, TimeSpan timeout) => bound < timeout ? bound.Value : timeout;

    private static string CheckNetworks(string rule)
    {
        AddressList.Parse(rule);
        return rule;
    }

    private static long ParseBytes(string text) => Quantity.ParseSize(text) is > 0 and var bytes
        ? bytes
        : throw new FormatException($"'{text}' is too small; use 1 or more");

    private static MinimumRate ParseMinimumRate(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length != 2)
            throw new FormatException($"'{text}' is not a rate with its period; use 240/5s or 64kB/10s");
        long bytes = Quantity.ParseSize(parts[0]);
        TimeSpan grace = Quantity.ParseDuration(parts[1]);
        if (bytes < 1 || grace < TimeSpan.FromMilliseconds(100))
            throw new FormatException($"'{text}' is too little; use 1/100ms or more");
        return new MinimumRate(bytes, grace);
    }

    private static string Text(TimeSpan timeout) => timeout switch
    {
        _ when timeout == Timeout.InfiniteTimeSpan => "never",
        _ when timeout.TotalSeconds % 3600 == 0 && timeout > TimeSpan.Zero => $"{timeout.TotalHours}h",
        _ when timeout.TotalSeconds % 60 == 0 && timeout > TimeSpan.Zero => $"{timeout.TotalMinutes}m",
        _ => $"{timeout.TotalSeconds}s",
    };
}
