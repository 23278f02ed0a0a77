using System.CommandLine;
using System.Net;
using Hawser.App.CommandLine;
using Hawser.App.Reloading;
using Hawser.App.Tls;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Serving.Configuration;

/// <summary>The options that every service has: where it listens, under which model, within which limits.</summary>
internal sealed class ServeOptions
{
    /// <summary>The default address of services that share one process.</summary>
    public const string SharedHost = "127.0.0.1";

    /// <summary>The port of the first of several services.</summary>
    public static readonly Option<int?> PortBase = VerbOptions.Value<int?>(
        "--port-base", "PORT",
        "the first service's port, the others follow; 0: the system chooses [default: each its own]",
        text => Quantity.ParseInt(text, "port", 0, 65535 - ServiceCatalog.All.Count));

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
        "--accept-rate", "N", "new connections per second from one address, in bursts of up to N; the rest are refused",
        text => Quantity.ParseRate(text));

    private readonly Option<string[]> _allow = VerbOptions.Texts(
        "--allow", "CIDR", "serve only these addresses; @FILE: one a line, read again when it changes; repeatable");

    private readonly Option<string[]> _deny = VerbOptions.Texts(
        "--deny", "CIDR", "refuse these addresses, as --allow");

    private readonly Option<uint[]> _allowUid = VerbOptions.Values(
        "--allow-uid", "UID", "serve only processes of these users at a unix: address; repeatable",
        text => (uint)Quantity.ParseInt(text, "user id", 0, int.MaxValue));

    private readonly Option<UnixFileMode?> _unixMode = VerbOptions.Value<UnixFileMode?>(
        "--unix-mode", "OCTAL", "permissions of the socket at a unix: address, like 0660 [default: as the umask says]",
        text => ParseMode(text));

    private readonly Option<int?> _handshakes = VerbOptions.OptionalInt(
        "--max-handshakes", "TLS handshakes, PROXY headers and tokens under way at once; a new one ends the oldest "
        + $"[default: {new ServerLimits().Handshakes}]", 1, MostConnections);

    private readonly Option<TimeSpan?> _firstByte;
    private readonly Option<TimeSpan> _idle;
    private readonly Option<TimeSpan> _total = VerbOptions.Timeout(
        "--total-timeout", "close after this long in all, or never", "never");

    private readonly Option<MinimumRate?> _minRate = VerbOptions.Value<MinimumRate?>(
        "--min-rate", "SIZE/TIME", "close a connection slower than SIZE per second, averaged over TIME within a message; like 240/5s",
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

    /// <param name="service">Null for the options that all services share, without defaults.</param>
    public ServeOptions(Service? service)
    {
        _limits = service?.DefaultLimits ?? new ServerLimits();
        _tls = new ServeTls(service);
        ModelOptions models = new();
        if (service is { PortIsArgument: true })
            _portArgument = VerbOptions.Argument("PORT", "where to listen; 0: the system chooses", ParsePort);
        _port = VerbOptions.Value(
            "--port", "PORT", "where to listen; 0: the system chooses", ParsePort, $"{service?.DefaultPort}");
        _host = VerbOptions.Value("--host", "ADDRESS", "an address, a name, :: for IPv6 and IPv4, or unix:PATH",
            ServerAddress.ParseListen, service?.DefaultHost ?? SharedHost);
        _model = VerbOptions.Model(service?.DefaultModel ?? "threads");
        _threads = VerbOptions.Int("--threads", "threads; with --model pool", 1, 10_000, $"{models.Threads}");
        _loops = VerbOptions.Int("--loops", "event loops; with --model epoll", 1, 1_000, $"{models.Loops}");
        _backlog = VerbOptions.Int("--backlog", "connections that may wait in the kernel", 1, 1_000_000,
            Default($"{service?.DefaultBacklog}"));
        _connections = VerbOptions.Int("--max-connections", "connections at once; more wait in the kernel", 1,
            MostConnections, Default($"{_limits.Connections}"));
        // Where the two are the same, --idle-timeout means both.
        bool isIdle = _limits.FirstByteTimeout == _limits.IdleTimeout;
        _firstByte = VerbOptions.Value<TimeSpan?>("--first-byte-timeout", "TIME",
            "close if no first byte comes within this time; never: wait for ever" + (service is null ? "" : " [default: "
            + (isIdle ? "as --idle-timeout]" : $"{Text(_limits.FirstByteTimeout)}]")), text => VerbOptions.ParseTimeout(text));
        _idle = VerbOptions.Timeout(
            "--idle-timeout", "close after this long without traffic, or never", Default(Text(_limits.IdleTimeout)));
        if (service is not null && ConcurrencyModels.All.FirstOrDefault(IsHeldUp)?.LongestSilence is { } silence)
        {
            string names = string.Join(", ", ConcurrencyModels.All.Where(IsHeldUp).Select(model => model.Name));
            _idle.Description += $" [{names}: {Text(silence)}]";
        }
        _drain = VerbOptions.Value("--drain-timeout", "TIME", "after a signal, wait this long for conversations in progress; or never",
            Quantity.ParseTimeout, Default(Text(_limits.DrainTimeout)));

        string? Default(string text) => service is null ? null : text;

        bool IsHeldUp(ConcurrencyModel model) => model.LongestSilence < _limits.IdleTimeout;

        int ParsePort(string text) => !ServerAddress.IsNumber(text)
            && ServerAddress.ListenOptions(text, port: null) is { } address
            ? throw new FormatException($"'{text}' is an address, not a port; give the address as {address}")
            : ServerAddress.ParseListenPort(text, service?.LowestPort ?? 0);
    }

    /// <summary>Adds them, around the options that the service alone has.</summary>
    public void AddTo(VerbCommand command, IReadOnlyList<Option> own)
    {
        if (_portArgument is not null)
            command.Add(_portArgument);
        // The service's own --verbose, if it has one, includes this one; so does its own --min-rate.
        Option[] verbose = own.All(option => option.Name != _verbose.Name) ? [_verbose] : [];
        Option[] minRate = own.All(option => option.Name != _minRate.Name) ? [_minRate] : [];
        command.AddGroup(
            VerbOptions.Common, [.. _portArgument is null ? (Option[])[_port] : [], _host, _unixMode, _model, .. own,
            _quiet, .. verbose]);
        AddShared(command, minRate, _allowUid);
        command.AddGroup("Tuning", _threads, _loops, _backlog);
        command.Remedy = word => ServerAddress.ListenOptions(word, _portArgument is null ? _port.Name : null);
    }

    /// <summary>Adds those that services may share.</summary>
    public void AddSharedTo(VerbCommand command)
    {
        command.AddGroup("Options of all services", _host, PortBase, _quiet, _verbose);
        AddShared(command, [_minRate]);
        command.AddGroup("Tuning", _backlog);
        command.Remedy = word => ServerAddress.ListenOptions(word, PortBase.Name);
    }

    private void AddShared(VerbCommand command, Option[] minRate, params Option[] local)
    {
        command.AddGroup("Limits", [_connections, _handshakes, _idle, _firstByte, _drain, _total, .. minRate, _bytes]);
        command.AddGroup("Limits of addresses", [_perAddress, _acceptRate, _allow, _deny, .. local]);
        command.AddGroup("Bandwidth", _rate, _connectionRate);
        _tls.AddTo(command);
    }

    /// <summary>Whether to log failures only.</summary>
    public bool IsQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>Whether to log every connection.</summary>
    public bool IsVerbose(ParseResult parsed) => parsed.GetValue<bool>(_verbose.Name);

    /// <summary>Reads certificates, the token and the networks of proxies.</summary>
    /// <exception cref="UsageException">They contradict each other, or a file is bad.</exception>
    public ServeSecurity ReadSecurity(ParseResult parsed) => _tls.Read(parsed);

    /// <param name="parsed">The command line.</param>
    /// <param name="files">Receives the files of address lists.</param>
    /// <exception cref="UsageException">An option does not apply to the chosen model or address.</exception>
    public ServerOptions Read(ParseResult parsed, ICollection<FileSet> files)
    {
        ConcurrencyModel model = parsed.GetValue(_model)!;
        RequireModel(_threads, "pool");
        RequireModel(_loops, "epoll");
        IReadOnlyList<EndPoint> hosts = parsed.GetValue(_host)!;
        if (parsed.Has(_port) && hosts[0] is not IPEndPoint)
            throw new UsageException($"{_port.Name}: does not apply to a unix: address");
        if (hosts[0] is IPEndPoint && ((Option[])[_unixMode, _allowUid]).FirstOrDefault(parsed.Has) is { } local)
            throw new UsageException($"{local.Name}: applies to a unix: address only");
        int port = _portArgument is null ? parsed.GetValue(_port) : parsed.GetValue(_portArgument);
        TimeSpan idle = parsed.Has(_idle) ? parsed.GetValue(_idle) : AtMost(model.LongestSilence, _limits.IdleTimeout);
        return new ServerOptions
        {
            EndPoints = [.. hosts.Select(host => ServerAddress.At(host, port))],
            Model = model,
            ModelOptions = new ModelOptions { Threads = parsed.GetValue(_threads), Loops = parsed.GetValue(_loops) },
            Backlog = parsed.GetValue(_backlog),
            SocketMode = parsed.GetValue(_unixMode),
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
                Handshakes = parsed.GetValue(_handshakes) ?? _limits.Handshakes,
                Allow = parsed.ReadNetworks(_allow, files),
                Deny = parsed.ReadNetworks(_deny, files),
                AllowUsers = parsed.GetValue(_allowUid) is { Length: > 0 } users ? users.ToHashSet() : null,
                RateLimit = parsed.GetValue(_rate) ?? _limits.RateLimit,
                ConnectionRateLimit = parsed.GetValue(_connectionRate) ?? _limits.ConnectionRateLimit,
            },
        };

        void RequireModel(Option option, string name)
        {
            if (parsed.Has(option) && model.Name != name)
                throw new UsageException($"{option.Name}: applies to --model {name} only");
        }
    }

    private static TimeSpan AtMost(TimeSpan? bound, TimeSpan timeout) => bound < timeout ? bound.Value : timeout;

    private static UnixFileMode ParseMode(string text) =>
        text.Length is 3 or 4 && text.All(digit => digit is >= '0' and <= '7') && Convert.ToInt32(text, 8) <= 0x1FF
            ? (UnixFileMode)Convert.ToInt32(text, 8)
            : throw new FormatException($"'{text}' is not a mode; use octal digits, like 0660");

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
