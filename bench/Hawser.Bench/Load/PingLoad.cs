using System.Diagnostics;
using System.Text.Json;
using Hawser.Bench.Programs;
using Hawser.EventLoops;

namespace Hawser.Bench.Load;

/// <summary>A closed loop of pings: each connection sends its next one when it has the pong. One thread over one epoll,
/// the same for every server; per round trip it makes one send, one receive and its share of a wait.</summary>
internal sealed class PingLoad : IDisposable
{
    /// <summary>The verb it is started by.</summary>
    public const string Verb = "load";

    private const long LongestWaitNanoseconds = 100_000_000;

    private readonly EpollPoller _poller = new();
    private readonly List<PingLoadConnection> _connections = [];
    private readonly List<int> _roundTripNanoseconds = new(1 << 20);
    private bool _measuring;

    /// <summary>The process of its own: prints its report as one line of JSON.</summary>
    public static Task RunAsync(Arguments arguments)
    {
        using var load = new PingLoad();
        load.Connect(
            PingWire.Named(arguments.Text("wire", PingWire.Ping.Name)),
            arguments.Number("port", 8000), arguments.Number("connections", 50));
        LoadReport report = load.Measure(
            arguments.Seconds("warm-up", 1), arguments.Seconds("seconds", 2), arguments.Number("server", 0));
        Console.WriteLine(JsonSerializer.Serialize(report));
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (PingLoadConnection connection in _connections)
            connection.Socket.Dispose();
        _poller.Dispose();
    }

    /// <summary>A pong has come.</summary>
    public void Count(long nanoseconds)
    {
        if (_measuring)
            _roundTripNanoseconds.Add((int)Math.Min(nanoseconds, int.MaxValue));
    }

    private void Connect(PingWire wire, int port, int connections)
    {
        for (int client = 0; client < connections; client++)
        {
            var connection = new PingLoadConnection(this, _poller, wire, port, client);
            _connections.Add(connection);
            _poller.Add(connection);
        }
    }

    private LoadReport Measure(TimeSpan warmUp, TimeSpan duration, int server)
    {
        foreach (PingLoadConnection connection in _connections)
            connection.SendPing();
        RunFor(warmUp);

        ProcessSample serverBefore = ProcessSample.Of(server);
        ProcessSample loadBefore = ProcessSample.Of(Environment.ProcessId);
        _measuring = true;
        long begin = Stopwatch.GetTimestamp();
        RunFor(duration);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        TimeSpan serverCpu = ProcessSample.Of(server).Cpu - serverBefore.Cpu;
        TimeSpan loadCpu = ProcessSample.Of(Environment.ProcessId).Cpu - loadBefore.Cpu;

        if (_roundTripNanoseconds.Count == 0)
            throw new BenchException("not one pong came; is the server alive?");
        _roundTripNanoseconds.Sort();
        return new LoadReport(
            _roundTripNanoseconds.Count / seconds, Percentile(0.50), Percentile(0.99),
            serverCpu.TotalMicroseconds / _roundTripNanoseconds.Count, loadCpu.TotalSeconds / seconds);
    }

    private void RunFor(TimeSpan duration)
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < duration)
            _poller.Poll(LongestWaitNanoseconds);
    }

    /// <summary>Nearest rank, in microseconds.</summary>
    private double Percentile(double share)
    {
        int rank = (int)Math.Ceiling(share * _roundTripNanoseconds.Count);
        return _roundTripNanoseconds[rank - 1] / 1e3;
    }
}
