using System.Diagnostics;
using System.Text.Json;

namespace Hawser.Bench.Load;

/// <summary>A closed loop of connections: each client connects, sends one ping, receives its pong, closes and
/// connects again. One thread with one epoll, the same for every server.</summary>
/// <remarks>
/// The client always closes first, so TIME_WAIT stays on its side and blocks each port for a minute. A source address
/// has some 28,000 ports; 64 addresses provide enough for 30,000 connections a second, without resets or reuse. The
/// kernel keeps at most <c>net.ipv4.tcp_max_tw_buckets</c> sockets in TIME_WAIT and drops the others at once; this
/// applies to every server alike.
/// </remarks>
internal sealed class ChurnLoad : IDisposable
{
    /// <summary>Its verb.</summary>
    public const string Verb = "churn-load";

    // 127.0.1.1 and the following addresses.
    private const uint FirstSource = 0x7F000101;
    private const uint Sources = 64;

    // A dropped SYN is retransmitted after a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(0.1);

    private readonly ClientEpoll _epoll = new();
    private readonly List<ChurnClient> _clients = [];
    private readonly List<TimeSpan> _durations = new(1 << 20);
    private readonly Dictionary<string, int> _errors = [];
    private uint _nextSource;
    private long _lookedAt;
    private bool _measuring;

    /// <summary>Runs as a separate process and prints its report as one line of JSON. Options: <c>--port</c>,
    /// <c>--wire ping</c>, <c>--clients 50</c>, <c>--warm-up 1</c>, <c>--seconds 2</c>, <c>--server</c> (process
    /// ID).</summary>
    public static Task RunAsync(Arguments arguments)
    {
        using var load = new ChurnLoad();
        PingWire wire = PingWire.Named(arguments.Text("wire", PingWire.Ping.Name));
        int port = arguments.Number("port", 8000);
        for (int client = 0; client < arguments.Number("clients", 50); client++)
            load._clients.Add(new ChurnClient(load, load._epoll, wire, port, client));
        ChurnReport report = load.Measure(
            arguments.Seconds("warm-up", 1), arguments.Seconds("seconds", 2), arguments.Number("server", 0));
        Console.WriteLine(JsonSerializer.Serialize(report));
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (ChurnClient client in _clients)
            client.Leave();
        _epoll.Dispose();
    }

    /// <summary>The source address of the next connection.</summary>
    public uint NextSource() => FirstSource + _nextSource++ % Sources;

    /// <summary>Counts a connection that succeeded.</summary>
    public void Count(TimeSpan duration)
    {
        if (_measuring)
            _durations.Add(duration);
    }

    /// <summary>Counts a connection that failed.</summary>
    public void CountError(string error) => _errors[error] = _errors.GetValueOrDefault(error) + 1;

    private ChurnReport Measure(TimeSpan warmUp, TimeSpan duration, int server)
    {
        RunFor(warmUp);

        _measuring = true;
        MeasuredRun run = MeasuredRun.Of(server, () => RunFor(duration));

        if (_durations.Count == 0)
        {
            throw new BenchException(
                $"no connection succeeded: {string.Join(", ", _errors.Select(error => error.Key))}");
        }
        _durations.Sort();
        return new ChurnReport(
            _durations.Count / run.Seconds, Percentile(0.50), Percentile(0.99),
            run.ServerCpu.TotalMicroseconds / _durations.Count, run.LoadCpuShare, _errors);
    }

    private void RunFor(TimeSpan duration)
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < duration)
        {
            if (_lookedAt == 0 || Stopwatch.GetElapsedTime(_lookedAt) >= BetweenLooks)
                Look();
            foreach (int client in _epoll.Wait(BetweenLooks))
                _clients[client].OnReady();
        }
    }

    /// <summary>Aborts connections that take too long and restarts failed clients. The delay keeps a dead server from
    /// causing a million attempts.</summary>
    private void Look()
    {
        _lookedAt = Stopwatch.GetTimestamp();
        foreach (ChurnClient client in _clients)
        {
            if (!client.IsIdle && client.Age > Patience)
                client.Fail($"timed out after {Patience.TotalSeconds} s");
            if (client.IsIdle)
                client.Begin();
        }
    }

    /// <summary>Nearest rank, in microseconds.</summary>
    private double Percentile(double share) =>
        _durations[(int)Math.Ceiling(share * _durations.Count) - 1].TotalMicroseconds;
}
