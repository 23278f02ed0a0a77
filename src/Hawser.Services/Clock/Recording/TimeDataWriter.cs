using System.Net;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Recording;

/// <summary>Writes the runs of a recording in <see cref="TimeDataFormat"/>. Thread-safe; never waits for the
/// disk.</summary>
/// <remarks>Requests and answers pair by their order, so a run has no gap: after one dropped row, the rest of the run is
/// dropped.</remarks>
internal sealed class TimeDataWriter
{
    private readonly LineFile _file;
    private readonly LineFileFlusher? _flusher;
    private readonly long _limit;
    private long _bytes;
    private bool _isOpen;
    private bool _hasDropped;
    private Action? _onFull;

    /// <summary>Appends to a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="flusher">Writes the file to disk; null if the caller flushes.</param>
    /// <param name="limit">The size limit of the file in bytes: further rows are dropped, and the last line
    /// fits.</param>
    /// <param name="onFull">Called once, when the first row is dropped because of the limit.</param>
    public TimeDataWriter(
        LineFile file, LineFileFlusher? flusher, long limit = long.MaxValue, Action? onFull = null)
    {
        _file = file;
        _flusher = flusher;
        _limit = limit - TimeDataFormat.LongestLine;
        _onFull = onFull;
        _bytes = file.Start;
        _flusher?.Add(file);
    }

    /// <summary>Whether a run has begun and not ended.</summary>
    public bool IsBegun => _isOpen || _hasDropped;

    /// <summary>The rows of the last run.</summary>
    public long Rows { get; private set; }

    /// <summary>The rows dropped in all runs because the disk stalled or failed, not because of the limit.</summary>
    public long Dropped { get; private set; }

    /// <summary>The path of the server's recording.</summary>
    public static string ServerPath(string folder) => Path.Combine(folder, "serverTimeData.txt");

    /// <summary>The path of a client's own recording.</summary>
    public static string ClientPath(string folder, uint id) => Path.Combine(folder, $"client_{id}_TimeData.txt");

    /// <summary>The path of a received recording. It follows from two numbers: no peer can name a path.</summary>
    public static string CopyPath(string folder, uint id, uint other) =>
        ClientPath(Path.Combine(folder, $"client_{id}"), other);

    /// <summary>Appends a timestamp that one end sent to the other; both are from
    /// <see cref="TimeDataFormat.Endpoint"/>.</summary>
    public void Append(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, long wallNs)
    {
        if (!TryAppend(sender, receiver, wallNs))
            Interlocked.Exchange(ref _onFull, null)?.Invoke();
    }

    /// <returns>False if the limit is reached.</returns>
    private bool TryAppend(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, long wallNs)
    {
        lock (_file.Gate)
        {
            if (_bytes + TimeDataFormat.Opening.Length + TimeDataFormat.LongestLine > _limit)
                return false;
            Span<byte> line = _hasDropped || !TryOpen() ? default : _file.Reserve(TimeDataFormat.LongestLine);
            _hasDropped = line.IsEmpty;
            if (_hasDropped)
            {
                Dropped++;
                return true;
            }

            int length = TimeDataFormat.WriteRow(line, ++Rows, sender, receiver, wallNs);
            _file.Commit(length);
            _bytes += length;
            return true;
        }
    }

    /// <summary>Appends a timestamp with the endpoints as they are.</summary>
    public void Append(IPEndPoint sender, IPEndPoint receiver, long wallNs) =>
        Append(TimeDataFormat.Endpoint(sender), TimeDataFormat.Endpoint(receiver), wallNs);

    /// <summary>Writes the last line of a run; the next row begins a new one.</summary>
    public void End(TimeSpan duration)
    {
        Span<byte> line = stackalloc byte[TimeDataFormat.LongestLine];
        lock (_file.Gate)
        {
            int length = TimeDataFormat.WriteEnd(line, duration);
            if (TryOpen() && _file.Append(line[..length]))
                _bytes += length;
            _isOpen = _hasDropped = false;
        }
    }

    /// <summary>Ends the file. Completes when it is closed, with size and hash of the appended bytes.</summary>
    public Task<RecordingDigest> CloseAsync()
    {
        _file.End();
        _flusher?.Wake();
        return _file.Closed;
    }

    /// <summary>Ends a run and the file: see <see cref="CloseAsync"/>.</summary>
    public Task<RecordingDigest> EndAsync(TimeSpan duration)
    {
        End(duration);
        return CloseAsync();
    }

    private bool TryOpen()
    {
        if (_isOpen)
            return true;
        Rows = 0;
        _isOpen = _file.Append(TimeDataFormat.Opening);
        if (_isOpen)
            _bytes += TimeDataFormat.Opening.Length;
        return _isOpen;
    }
}
