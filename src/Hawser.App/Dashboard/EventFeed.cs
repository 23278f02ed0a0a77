namespace Hawser.App.Dashboard;

/// <summary>The latest events of the servers, for pages: at most ten a second of connections that ended and ten of all
/// others, and no more than 200. Thread-safe.</summary>
internal sealed class EventFeed(TimeProvider time)
{
    private const int MostPerPeriod = 10;
    private const int Kept = 200;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<ServerEvent> _events = new();
    private long _last;
    private long _dropped;
    private long _begun;
    private int _ends;
    private int _others;
    private volatile bool _isOn;

    /// <summary>Somebody watches. While nobody does, events are lost.</summary>
    public bool IsOn
    {
        get => _isOn;
        set => _isOn = value;
    }

    /// <summary>Events that were too many for their second, since the start.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
                return _dropped;
        }
    }

    /// <summary>Adds an event if somebody watches.</summary>
    /// <param name="server">Where it happened.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="text">What happened, in a line; called if the event is kept.</param>
    public void Add(string server, EventKind kind, Func<string> text)
    {
        if (!_isOn)
            return;
        lock (_gate)
        {
            if (_ends + _others == 0 || time.GetElapsedTime(_begun) >= Period)
                (_begun, _ends, _others) = (time.GetTimestamp(), 0, 0);
            ref int count = ref kind == EventKind.End ? ref _ends : ref _others;
            if (++count > MostPerPeriod)
            {
                _dropped++;
                return;
            }
            if (_events.Count == Kept)
                _events.Dequeue();
            _events.Enqueue(new ServerEvent(++_last, time.GetUtcNow().UtcDateTime, server, kind, text()));
        }
    }

    /// <summary>The events after one that a page has.</summary>
    public IReadOnlyList<ServerEvent> Since(long id)
    {
        lock (_gate)
            return _last == id ? [] : [.. _events.Where(one => one.Id > id)];
    }
}

/// <summary>An event on the page.</summary>
/// <param name="Id">From 1, without gaps: one that a slow page has missed shows.</param>
/// <param name="Time">When, in UTC.</param>
/// <param name="Server">Where.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">What happened; a line.</param>
internal sealed record ServerEvent(long Id, DateTime Time, string Server, EventKind Kind, string Text);

/// <summary>The kinds of events.</summary>
internal enum EventKind
{
    End,
    Refusal,
    Handshake,
    Stall,
    Fault,
    Warning,
}
