using System.Buffers;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.App.Output;

/// <summary>The log of a server. Callers queue lines and never wait for the output; a thread of the log writes them. Lines
/// that the queue cannot hold, or that cannot be written, are dropped, counted and reported.</summary>
internal sealed class LogWriter : TextWriter
{
    /// <summary>The size limit of the queue.</summary>
    public const int QueueLimitBytes = 1024 * 1024;

    // Lines that follow closely are written together: waking the thread for each costs a busy server more than the
    // line.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    // An object, not a Lock: the thread waits for a pulse.
    private readonly object _gate = new();
    private readonly Stream _stream;
    private readonly Action<IOException> _onError;
    private readonly Func<string, string> _format;
    private readonly Thread _thread;
    private ArrayBufferWriter<byte> _queued = new();
    private ArrayBufferWriter<byte> _writing = new();
    private long _linesQueued;
    private long _linesInFlight;
    private long _linesRefused;
    private long _refusedInFlight;
    private long _linesFailed;
    private long _linesDropped;
    private bool _isFailing;
    private bool _isAsleep;
    private bool _isOver;

    /// <param name="stream">The output.</param>
    /// <param name="onError">Called for a write that fails after one that succeeded, and for the first one.</param>
    /// <param name="format">Makes a line of a report; null: as it is.</param>
    public LogWriter(Stream stream, Action<IOException> onError, Func<string, string>? format = null)
    {
        _format = format ?? (static line => line);
        _stream = stream;
        _onError = onError;
        _thread = new Thread(Run) { Name = "hawser log", IsBackground = true };
        _thread.UnsafeStart();
    }

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    /// <summary>Queues a line, or several. What a terminal would interpret is escaped, wherever it came from.</summary>
    public override void WriteLine(string? value) => Write($"{Printable.Lines(value ?? "")}\n".AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        int bytes = Encoding.UTF8.GetByteCount(buffer);
        lock (_gate)
        {
            // Once a line is dropped, the next ones are too, so that the report is printed where they are missing.
            if (_isOver || _linesRefused > 0 || _queued.WrittenCount + bytes > QueueLimitBytes)
            {
                Refuse();
                return;
            }
            try
            {
                Encoding.UTF8.GetBytes(buffer, _queued);
            }
            catch (OutOfMemoryException)
            {
                Refuse();
                return;
            }
            _linesQueued++;
            Awaken();
        }
    }

    /// <summary>Ends the log: writes what is queued, within a time. Later lines are dropped.</summary>
    /// <param name="patience">The time.</param>
    /// <returns>Lines dropped or not written since the start.</returns>
    public long End(TimeSpan patience)
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }
        _thread.Join(patience);
        lock (_gate)
            return _linesDropped + _linesFailed + _linesRefused + _refusedInFlight + _linesQueued + _linesInFlight;
    }

    private void Refuse()
    {
        _linesRefused++;
        Awaken();
    }

    private void Awaken()
    {
        if (_isAsleep)
            Monitor.Pulse(_gate);
        _isAsleep = false;
    }

    private void Run()
    {
        while (TakeQueue())
        {
            // A failed write may have left a part of a line.
            bool isReported = _linesFailed == 0 || TryWrite($"\n{Report(_linesFailed)}");
            bool isWritten = isReported && TryWrite(_writing.WrittenSpan)
                && (_refusedInFlight == 0 || TryWrite(Report(_refusedInFlight)));
            lock (_gate)
            {
                if (isReported)
                    (_linesDropped, _linesFailed) = (_linesDropped + _linesFailed, 0);
                if (isWritten)
                    _linesDropped += _refusedInFlight;
                else
                    _linesFailed += _linesInFlight + _refusedInFlight;
                (_linesInFlight, _refusedInFlight) = (0, 0);
                _writing.ResetWrittenCount();
                if (!_isOver)
                    Monitor.Wait(_gate, Gathering);
            }
        }
    }

    /// <summary>Waits for lines and takes all of them.</summary>
    /// <returns>False when the log has ended.</returns>
    private bool TakeQueue()
    {
        lock (_gate)
        {
            while (_linesQueued + _linesRefused == 0 && !_isOver)
            {
                _isAsleep = true;
                Monitor.Wait(_gate);
            }
            _refusedInFlight = _isOver ? 0 : _linesRefused;
            if (_linesQueued + _refusedInFlight == 0)
                return false;
            (_queued, _writing) = (_writing, _queued);
            (_linesInFlight, _linesQueued) = (_linesQueued, 0);
            _linesRefused -= _refusedInFlight;
            return true;
        }
    }

    private bool TryWrite(string text)
    {
        try
        {
            return TryWrite(Encoding.UTF8.GetBytes(text));
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
            _isFailing = false;
            return true;
        }
        catch (IOException e)
        {
            if (!_isFailing)
                _onError(e);
            _isFailing = true;
            return false;
        }
    }

    private string Report(long lines) =>
        _format($"WARNING: {lines} lines of the log were dropped here: the output did not take them") + "\n";
}
