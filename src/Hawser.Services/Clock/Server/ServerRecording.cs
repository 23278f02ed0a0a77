using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Server;

/// <summary>
/// The recording of a server, which all its connections write. A run begins with the first row and ends when no client
/// records any more. Rows are in order of time, although connections finish their exchanges in any order: they are
/// held back for a second and sorted.
/// </summary>
/// <remarks>Safe from several threads. Formatting and writing are left to the thread that flushes the file.</remarks>
internal sealed class ServerRecording
{
    /// <summary>How long rows are held back; a request that took longer is placed that long before its answer.
    /// </summary>
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
    /// <param name="file">Where it goes.</param>
    /// <param name="flusher">Writes it; null: the caller flushes.</param>
    /// <param name="limit">The most bytes of the file.</param>
    /// <param name="onFull">Called once, when the first row is dropped for that.</param>
    public ServerRecording(
        TimeProvider time, LineFile file, LineFileFlusher? flusher, long limit = long.MaxValue, Action? onFull = null)
    {
        _time = time;
        file.Filling = () => Write(ClockReading.MonotonicNow(time) - HoldNs);
        _rows = new TimeDataWriter(file, flusher, limit, onFull);
        _flusher = flusher;
    }

    /// <summary>How many rows are held for a stalled disk; further ones are dropped and counted.</summary>
    public int MostHeld { get; init; } = 1 << 20;

    /// <summary>How many rows were dropped because the disk stalled or failed.</summary>
    public long Dropped => Volatile.Read(ref _dropped) + _rows.Dropped;

    /// <summary>A client begins to record.</summary>
    public void Join()
    {
        lock (_gate)
            _clients++;
    }

    /// <summary>Appends a tick and its answer; never waits for the disk.</summary>
    public void Append(byte[] client, byte[] server, in ExchangeReply exchange)
    {
        long answeredNs = exchange.ReplySent.MonotonicNs;
        // A client's clock may be wrong: its request is placed at its own time, within the second before the answer.
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

    /// <summary>A client records no more. When it was the last, the run ends: its last line has the longest duration
    /// that one of its clients recorded.</summary>
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

    /// <summary>Writes all that is held back and closes the file.</summary>
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

    /// <summary>A row that waits, or the end of a run.</summary>
    private readonly record struct Held(
        long AtNs, long Order, byte[]? Sender, byte[]? Receiver, long WallNs, TimeSpan Recorded) : IComparable<Held>
    {
        public int CompareTo(Held other) =>
            AtNs != other.AtNs ? AtNs.CompareTo(other.AtNs) : Order.CompareTo(other.Order);
    }
}
