using System.Diagnostics;
using System.Text.Json;
using Hawser.EventLoops;

namespace Hawser.Bench.Load;

/// <summary>A closed loop of pings: each connection sends its next pings after all pongs. One thread with one epoll,
/// the same for every server; a round trip takes one send, one receive and a share of a wait.</summary>
internal sealed class PingLoad : IDisposable
{
    /// <summary>Its verb.</summary>
    public const string Verb = "load";

    private const long LongestWaitNanoseconds = 100_000_000;

    // A client's pings must fit into any socket buffer.
    private const int LongestPipeline = 256;

    private readonly EpollPoller _poller = new();
    private readonly List<PingLoadConnection> _connections = [];
    private readonly List<int> _roundTripNanoseconds = new(1 << 20);
    private readonly int _pipeline;
    private bool _measuring;

    private PingLoad(int pipeline) => _pipeline = pipeline;

    /// <summary>Runs as a separate process and prints its report as one line of JSON. Options: <c>--port</c>,
    /// <c>--wire ping</c>, <c>--connections 50</c>, <c>--pipeline 1</c> (pings that each sends at once),
    /// <c>--warm-up 1</c>, <c>--seconds 2</c>, <c>--server</c> (process ID).</summary>
    public static Task RunAsync(Arguments arguments)
    {
        int pipeline = arguments.Number("pipeline", 1);
        if (pipeline is < 1 or > LongestPipeline)
            throw new FormatException($"--pipeline must be 1 to {LongestPipeline}");
        using var load = new PingLoad(pipeline);
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

    /// <summary>Counts a round trip.</summary>
    public void Count(long nanoseconds)
    {
        if (_measuring)
            _roundTripNanoseconds.Add((int)Math.Min(nanoseconds, int.MaxValue));
    }

    private void Connect(PingWire wire, int port, int connections)
    {
        for (int client = 0; client < connections; client++)
        {
            var connection = new PingLoadConnection(this, wire, port, client, _pipeline);
            _connections.Add(connection);
            _poller.Add(connection);
        }
    }

    private LoadReport Measure(TimeSpan warmUp, TimeSpan duration, int server)
    {
        foreach (PingLoadConnection connection in _connections)
            connection.SendPings();
        RunFor(warmUp);

        _measuring = true;
        MeasuredRun run = MeasuredRun.Of(server, () => RunFor(duration));

        if (_roundTripNanoseconds.Count == 0)
            throw new BenchException("no pong received; is the server alive?");
        _roundTripNanoseconds.Sort();
        long pings = (long)_roundTripNanoseconds.Count * _pipeline;
        return new LoadReport(
            pings / run.Seconds, Percentile(0.50), Percentile(0.99),
            run.ServerCpu.TotalMicroseconds / pings, run.LoadCpuShare);
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
