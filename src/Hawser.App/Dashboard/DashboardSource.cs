using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Hawser.App.Output;
using Hawser.App.Status;

namespace Hawser.App.Dashboard;

/// <summary>What pages show, as JSON: the answer of <c>hawser status</c>, the telemetry, and the latest events. The
/// servers are measured while pages watch. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "the last page that leaves disposes the listener")]
internal sealed class DashboardSource
{
    /// <summary>Connections listed of each server.</summary>
    private const int MostConnections = 60;

    // Tells a page that it watches another process than before.
    private readonly Guid _process = Guid.NewGuid();
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<ServerTelemetry> _servers;
    private readonly TimeProvider _time;
    private readonly EventFeed _events;
    private readonly bool _hasControls;
    private TelemetryListener? _listener;
    private int _watchers;
    private volatile StatusBoard? _board;

    /// <param name="servers">The telemetry of the servers, in their order.</param>
    /// <param name="hasControls">Pages may close connections and drain.</param>
    /// <param name="time">Stamps events.</param>
    public DashboardSource(IReadOnlyList<ServerTelemetry> servers, bool hasControls, TimeProvider time)
    {
        _servers = servers;
        _hasControls = hasControls;
        _time = time;
        _events = new EventFeed(time);
    }

    /// <summary>The process, as its pages know it.</summary>
    public string Process => $"{_process}";

    /// <summary>Answers for the servers; null until they have started.</summary>
    public StatusBoard? Board
    {
        get => _board;
        set => _board = value;
    }

    /// <summary>An observer that also feeds the pages.</summary>
    public IServerObserver Observe(string server, IServerObserver inner) =>
        new DashboardObserver(inner, _events, server);

    /// <summary>Measures the servers until it is disposed.</summary>
    /// <returns>Null if as many pages watch already.</returns>
    public IDisposable? TryWatch(int most)
    {
        lock (_gate)
        {
            if (_watchers == most)
                return null;
            if (_watchers == 0)
            {
                _listener = new TelemetryListener(_servers);
                _events.IsOn = true;
            }
            _watchers++;
            return new Watch(this);
        }
    }

    /// <summary>Whether so many pages watch.</summary>
    public bool IsWatchedBy(int most)
    {
        lock (_gate)
            return _watchers >= most;
    }

    /// <summary>Writes the present state as a server-sent event.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="order">Which connections come first: one of <see cref="StatusProtocol.Orders"/>.</param>
    /// <param name="lastEvent">The last event that the page has; moves on.</param>
    public void Write(IBufferWriter<byte> output, string order, ref long lastEvent)
    {
        IReadOnlyList<ServerEvent> events = _events.Since(lastEvent);
        if (events is [.., var last])
            lastEvent = last.Id;
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("process", _process);
            json.WriteString("version", ProgramVersion.Line);
            json.WriteString("machine", Environment.MachineName);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteNumber("at_seconds", _time.GetElapsedTime(0).TotalSeconds);
            json.WriteBoolean("controls", _hasControls);
            WriteStatus(json, order);
            WriteTelemetry(json);
            WriteEvents(json, events);
            json.WriteEndObject();
        }
        output.Write("\n\n"u8);
    }

    private void WriteStatus(Utf8JsonWriter json, string order)
    {
        json.WriteStartArray("status");
        var request = new ListRequest { Connections = MostConnections, Sort = order };
        foreach (StatusAnswer answer in _board?.Answer(request) ?? [])
            JsonSerializer.Serialize(json, answer, StatusJson.Default.StatusAnswer);
        json.WriteEndArray();
    }

    private void WriteTelemetry(Utf8JsonWriter json)
    {
        lock (_gate)
            _listener?.Read();
        json.WriteStartArray("telemetry");
        foreach (ServerTelemetry server in _servers)
            server.Write(json);
        json.WriteEndArray();
    }

    private void WriteEvents(Utf8JsonWriter json, IReadOnlyList<ServerEvent> events)
    {
        json.WriteStartArray("events");
        foreach (ServerEvent one in events)
        {
            json.WriteStartObject();
            json.WriteNumber("id", one.Id);
            json.WriteString("time", one.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("server", one.Server);
            json.WriteString("kind", one.Kind.ToString().ToLowerInvariant());
            json.WriteString("text", one.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("events_dropped", _events.Dropped);
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_watchers > 0)
                return;
            _listener?.Dispose();
            _listener = null;
            _events.IsOn = false;
        }
    }

    private sealed class Watch(DashboardSource source) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
                source.Leave();
        }
    }
}
