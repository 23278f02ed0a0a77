using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Hawser.App.Metrics;

namespace Hawser.App.Dashboard;

/// <summary>What the page shows of a server beyond its status: its event loops, and durations. Every figure is a sum
/// that never falls. Thread-safe.</summary>
/// <param name="name">The server.</param>
internal sealed class ServerTelemetry(string name)
{
    private readonly ConcurrentDictionary<int, Loop> _loops = new();

    public string Name => name;

    public DurationCounts Handshakes { get; } = new();

    public DurationCounts Requests { get; } = new();

    /// <summary>Round trips, where the clients belong to the process.</summary>
    public DurationCounts? RoundTrips { get; init; }

    /// <summary>Takes a measurement of an instrument of <c>docs/guide/metrics.md</c>.</summary>
    /// <returns>Null for an instrument that is not shown.</returns>
    public Taker? TakerOf(Instrument instrument) => instrument.Name switch
    {
        "hawser.tls_handshake.duration" => (seconds, _) => Handshakes.Record(seconds),
        "hawser.request.duration" => (seconds, _) => Requests.Record(seconds),
        "hawser.loop.turns" => (turns, tags) => LoopOf(tags).Turns = (long)turns,
        "hawser.loop.active_time" => (seconds, tags) => LoopOf(tags).ActiveSeconds = seconds,
        "hawser.loop.stall.duration" => (_, tags) => Interlocked.Increment(ref LoopOf(tags).Stalls),
        _ => null,
    };

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("server", name);
        json.WriteStartArray("loops");
        foreach ((int number, Loop loop) in _loops.OrderBy(entry => entry.Key))
        {
            json.WriteStartObject();
            json.WriteNumber("number", number);
            json.WriteNumber("turns", loop.Turns);
            json.WriteNumber("active_seconds", loop.ActiveSeconds);
            json.WriteNumber("stalls", Interlocked.Read(ref loop.Stalls));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("durations");
        if (RoundTrips is not null)
            WriteDurations("round_trip", RoundTrips);
        WriteDurations("request", Requests);
        WriteDurations("handshake", Handshakes);
        json.WriteEndObject();
        json.WriteEndObject();

        void WriteDurations(string what, DurationCounts counts)
        {
            json.WriteStartArray(what);
            foreach (long number in counts.Read())
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }
    }

    private Loop LoopOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag is { Key: "hawser.loop.number", Value: int number })
                return _loops.GetOrAdd(number, static _ => new Loop());
        }
        return _loops.GetOrAdd(0, static _ => new Loop());
    }

    /// <summary>Takes one measurement.</summary>
    internal delegate void Taker(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    private sealed class Loop
    {
        public long Stalls;

        public long Turns { get; set; }

        public double ActiveSeconds { get; set; }
    }
}
