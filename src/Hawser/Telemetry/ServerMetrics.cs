using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Hawser.Accepting;
using Hawser.EventLoops;
using Hawser.Layers;
using Hawser.Limits;

namespace Hawser.Telemetry;

/// <summary>The instruments of one server: docs/guide/metrics.md. Counts that the server keeps anyway are read on
/// request; durations are recorded while a listener has enabled them.</summary>
/// <remarks>Names, units and attributes follow OpenTelemetry's semantic conventions and the metrics of Kestrel. No
/// attribute holds an address of a peer.</remarks>
internal sealed class ServerMetrics : IDisposable
{
    private static readonly InstrumentAdvice<double> ConnectionBuckets = new()
    {
        HistogramBucketBoundaries = (double[])[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
    };

    private static readonly InstrumentAdvice<double> RequestBuckets = new()
    {
        HistogramBucketBoundaries = (double[])
            [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60],
    };

    private static readonly InstrumentAdvice<double> HandshakeBuckets = new()
    {
        HistogramBucketBoundaries = (double[])[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    };

    private static readonly InstrumentAdvice<double> TurnBuckets = new()
    {
        HistogramBucketBoundaries = (double[])[1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1, 10],
    };

    private static readonly InstrumentAdvice<double> StallBuckets = new()
    {
        HistogramBucketBoundaries = (double[])[0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
    };

    private static readonly RefusalReason[] RefusalReasons = Enum.GetValues<RefusalReason>();

    private readonly Meter? _own;
    private readonly TimeProvider _time;
    private readonly Action<Exception> _faulted;
    private readonly Histogram<double> _durations;
    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _handshakes;
    private long _shaking;

    /// <param name="options">The server's.</param>
    /// <param name="where">Where it listens; null if nowhere.</param>
    /// <param name="served">The number of its connections that are served; called for each reading.</param>
    /// <param name="tally">What it counts.</param>
    /// <param name="faulted">Receives what listeners throw. They are foreign code, and harm nothing else.</param>
    public ServerMetrics(
        ServerOptions options, EndPoint? where, Func<long> served, ServerTally tally, Action<Exception> faulted)
    {
        _faulted = faulted;
        _time = options.TimeProvider;
        Meter meter = Meter = options.Meter ?? (_own = new Meter(new MeterOptions("Hawser") { Tags = Tags(where) }));
        meter.CreateObservableUpDownCounter("hawser.active_connections", served,
            "{connection}", "Connections being served.");
        meter.CreateObservableUpDownCounter("hawser.queued_connections", () => tally.Queued,
            "{connection}", "Accepted connections that wait for a thread or a loop.");
        meter.CreateObservableCounter("hawser.accepted_connections", () => tally.Accepted,
            "{connection}", "Connections accepted and not refused by a limit.");
        meter.CreateObservableCounter("hawser.connection.io", () => Directions(tally.ReadBytes()),
            "By", "Bytes that handlers have received and sent.");
        _durations = meter.CreateHistogram("hawser.connection.duration",
            "s", "How long connections were served.", null, ConnectionBuckets);
        _requests = meter.CreateHistogram("hawser.request.duration",
            "s", "From the first input after an answer to the end of the next write; of each connection the first and every "
            + "sixteenth.", null, RequestBuckets);
        _handshakes = meter.CreateHistogram("hawser.tls_handshake.duration",
            "s", "How long TLS handshakes took.", null, HandshakeBuckets);
        meter.CreateObservableUpDownCounter("hawser.active_tls_handshakes", () => Volatile.Read(ref _shaking),
            "{handshake}", "TLS handshakes in progress.");
    }

    /// <summary>Where the instruments are.</summary>
    public Meter Meter { get; }

    /// <summary>Adds the kernel's queue of connections, what limits have refused, and what was shed.</summary>
    public void AddAdmission(ListenerSet listeners, AddressGate? gate, Shedder shedder)
    {
        Meter.CreateObservableUpDownCounter("hawser.backlog_connections", CountWaiting,
            "{connection}", "Connections that the kernel holds until they are accepted.");
        Meter.CreateObservableCounter("hawser.refused_connections", Read,
            "{connection}", "Connections reset before they were served.");
        Meter.CreateObservableCounter("hawser.shed.episodes", () => shedder.Episodes,
            "{episode}", "How often descriptors, threads or memory ran out.");

        IEnumerable<Measurement<long>> CountWaiting() =>
            listeners.CountWaiting() is { } waiting ? [new Measurement<long>(waiting)] : [];

        IEnumerable<Measurement<long>> Read() => RefusalReasons
            .Select(reason => new Measurement<long>(gate?.CountRefused(reason) ?? 0, Error(ReasonName.Of(reason))))
            .Append(new Measurement<long>(shedder.TotalShed, Error("exhausted")));
    }

    /// <summary>Adds event loops, which measure their time while a listener is enabled.</summary>
    /// <param name="loops">The loops of the server, not started.</param>
    /// <param name="stalled">Called with the number of the connection that held up the others, on the loop's thread.</param>
    public void AddLoops(IReadOnlyList<EventLoop> loops, Action<long, TimeSpan> stalled)
    {
        if (loops.Count == 0)
            return;
        Histogram<double> stalls = Meter.CreateHistogram("hawser.loop.stall.duration",
            "s", "Work that held up the other connections of an event loop for more than 50 ms.", null, StallBuckets);
        Histogram<double> turns = Meter.CreateHistogram("hawser.loop.turn.duration",
            "s", "Work of an event loop between two waits in the kernel.", null, TurnBuckets);
        foreach ((int index, EventLoop loop) in loops.Index())
        {
            loop.Time.Tag = new("hawser.loop.number", index + 1);
            loop.Time.Stalled = time => stalled(loop.LastCaller, time);
            loop.Time.Faulted = _faulted;
            loop.Time.Turns = turns;
            loop.Time.Stalls = stalls;
        }
        Meter.CreateObservableCounter("hawser.loop.turns",
            () => loops.Select(loop => new Measurement<long>(loop.Turn, loop.Time.Tag)),
            "{turn}", "Turns of an event loop: waits in the kernel.");
        Meter.CreateObservableCounter("hawser.loop.active_time",
            () => loops.Select(loop => new Measurement<double>(
                (double)loop.Time.Active / Stopwatch.Frequency, loop.Time.Tag)),
            "s", "Time that an event loop did not wait, since a listener was enabled.");
    }

    /// <summary>The start of a connection or handshake; 0 without a listener.</summary>
    public long Begin() => _durations.Enabled || _handshakes.Enabled ? _time.GetTimestamp() : 0;

    /// <summary>Records how long a connection was served.</summary>
    /// <param name="reason">Why it has ended.</param>
    /// <param name="begun">From <see cref="Begin"/>.</param>
    public void RecordDuration(CloseReason reason, long begun)
    {
        if (begun == 0 || !_durations.Enabled)
            return;
        double seconds = _time.GetElapsedTime(begun).TotalSeconds;
        Record(_durations, seconds, ReasonName.OfError(reason) is { } error ? Error(error) : null);
    }

    /// <summary>Somebody listens to the durations of requests.</summary>
    public bool MeasuresRequests => _requests.Enabled;

    /// <summary>The start of a request; never 0.</summary>
    public long BeginRequest() => Math.Max(1, _time.GetTimestamp());

    /// <summary>Records how long a request took.</summary>
    public void EndRequest(long begun) => Record(_requests, _time.GetElapsedTime(begun).TotalSeconds);

    /// <summary>Counts a TLS handshake that begins.</summary>
    public long BeginHandshake()
    {
        Interlocked.Increment(ref _shaking);
        return Begin();
    }

    /// <summary>Counts a TLS handshake that has ended.</summary>
    /// <param name="begun">From <see cref="BeginHandshake"/>.</param>
    /// <param name="session">Null if it failed.</param>
    /// <param name="fault">Why it failed.</param>
    public void EndHandshake(long begun, TlsSession? session, Exception? fault)
    {
        Interlocked.Decrement(ref _shaking);
        if (begun == 0 || !_handshakes.Enabled)
            return;
        double seconds = _time.GetElapsedTime(begun).TotalSeconds;
        Record(_handshakes, seconds, session is not null
            ? new KeyValuePair<string, object?>("tls.protocol.version", session.Version)
            : Error(ReasonName.Of(fault)));
    }

    /// <summary>Removes the instruments, unless the meter is the user's.</summary>
    public void Dispose() => _own?.Dispose();

    private void Record(Histogram<double> histogram, double seconds, KeyValuePair<string, object?>? tag = null)
    {
        try
        {
            if (tag is { } known)
                histogram.Record(seconds, known);
            else
                histogram.Record(seconds);
        }
        catch (Exception e)
        {
            _faulted(e);
        }
    }

    private static KeyValuePair<string, object?> Error(string type) => new("error.type", type);

    private static KeyValuePair<string, object?>[] Tags(EndPoint? where) => where switch
    {
        IPEndPoint ip => [new("server.address", ip.Address.ToString()), new("server.port", ip.Port)],
        UnixDomainSocketEndPoint path => [new("server.address", path.ToString())],
        _ => [],
    };

    private static Measurement<long>[] Directions((long Received, long Sent) bytes)
    {
        return [Direction(bytes.Received, "receive"), Direction(bytes.Sent, "transmit")];

        static Measurement<long> Direction(long bytes, string direction) =>
            new(bytes, new KeyValuePair<string, object?>("network.io.direction", direction));
    }
}
