using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>The recording of a server, written by all its connections. A run begins with the first row and ends when
/// the last client has finished. Rows are held back for a second and sorted, because connections finish their exchanges
/// in any order.</summary>
/// <remarks>Thread-safe. The thread that flushes the file formats and writes the rows.</remarks>
internal sealed class ServerRecording
{
    /// <summary>The time for which rows are held back. A request that took longer is placed this long before its
    /// answer.</summary>
    public const long HoldNs = 1_000_000_000;

    private readonly TimeProvider _time;
    private readonly TimeDataWriter _rows;
    private readonly LineFileFlusher? _flusher;
    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly List<Held> _sorted = [];
    private List<Held> _held = [];
    private List<Held> _spare = [];
    private int _clients;
    private TimeSpan _longest;
    private long _order;
    private long _dropped;
    private long _endedNs = long.MinValue;

    /// <param name="time">The server's clocks.</param>
    /// <param name="file">The file.</param>
    /// <param name="flusher">Writes the file; null if the caller flushes.</param>
    /// <param name="limit">The size limit of the file, in bytes.</param>
    /// <param name="onFull">Called once, when the first row is dropped because of the limit.</param>
    public ServerRecording(
        TimeProvider time, LineFile file, LineFileFlusher? flusher, long limit = long.MaxValue, Action? onFull = null)
    {
        _time = time;
        file.Filling = () => Write(ClockReading.MonotonicNow(time) - HoldNs);
        _rows = new TimeDataWriter(file, flusher, limit, onFull);
        _flusher = flusher;
    }

    /// <summary>The rows held for a stalled disk; further ones are dropped and counted.</summary>
    public int MostHeld { get; init; } = 1 << 20;

    /// <summary>The rows dropped because the disk stalled or failed.</summary>
    public long Dropped => Volatile.Read(ref _dropped) + _rows.Dropped;

    /// <summary>Call when a client begins to record.</summary>
    public void Join()
    {
        lock (_gate)
            _clients++;
    }

    /// <summary>Appends a tick and its answer; never waits for the disk.</summary>
    public void Append(byte[] client, byte[] server, in ExchangeReply exchange)
    {
        long answeredNs = exchange.ReplySent.MonotonicNs;
        // A client's clock may be wrong: the request is placed at its own time, but within the second before the
        // answer.
        long earlierNs = Math.Clamp(exchange.ReplySent.WallNs - exchange.RequestSent.WallNs, 0, HoldNs);
        lock (_gate)
        {
            if (_held.Count >= MostHeld)
            {
                _dropped += 2;
                return;
            }

            long askedNs = Math.Max(answeredNs - earlierNs, _endedNs);
            _held.Add(new Held(askedNs, _order++, client, server, exchange.RequestSent.WallNs, default));
            _held.Add(new Held(answeredNs, _order++, server, client, exchange.ReplySent.WallNs, default));
        }
    }

    /// <summary>Call when a client has finished. The last one ends the run; the last line has the longest duration
    /// recorded.</summary>
    public void Leave(TimeSpan recorded)
    {
        lock (_gate)
        {
            _longest = recorded > _longest ? recorded : _longest;
            if (--_clients > 0)
                return;
            _endedNs = ClockReading.MonotonicNow(_time);
            _held.Add(new Held(_endedNs, _order++, null, null, 0, _longest));
            _longest = default;
        }
        _flusher?.Wake();
    }

    /// <summary>Writes the rows held back and closes the file.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public Task<RecordingDigest> EndAsync()
    {
        Write(long.MaxValue);
        if (_rows.IsBegun)
            _rows.End(_longest);
        return _rows.CloseAsync();
    }

    private void Write(long untilNs)
    {
        lock (_writing)
        {
            lock (_gate)
                (_held, _spare) = (_spare, _held);
            _sorted.AddRange(_spare);
            _spare.Clear();
            _sorted.Sort();
            int end = _sorted.FindLastIndex(row => row.AtNs <= untilNs || row.Sender is null) + 1;
            foreach (Held row in _sorted[..end])
            {
                if (row.Sender is not null)
                    _rows.Append(row.Sender, row.Receiver, row.WallNs);
                else if (_rows.IsBegun)
                    _rows.End(row.Recorded);
            }

            _sorted.RemoveRange(0, end);
        }
    }

    /// <summary>A pending row, or the end of a run.</summary>
    private readonly record struct Held(
        long AtNs, long Order, byte[]? Sender, byte[]? Receiver, long WallNs, TimeSpan Recorded) : IComparable<Held>
    {
        public int CompareTo(Held other) =>
            AtNs != other.AtNs ? AtNs.CompareTo(other.AtNs) : Order.CompareTo(other.Order);
    }
}
