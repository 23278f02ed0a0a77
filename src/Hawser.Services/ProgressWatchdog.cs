namespace Hawser.Services;

/// <summary>Aborts a connection on which no byte has moved in either direction for a timeout: never early, and late by at
/// most a fiftieth of the timeout or 1 ms, whichever is longer.</summary>
internal sealed class ProgressWatchdog : IDisposable
{
    private const int LooksPerTimeout = 50;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(1);

    private readonly Connection _connection;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private volatile bool _isOurTurn;
    // Never disposed: a look may run while Dispose does, and it holds no timer.
    private readonly CancellationTokenSource _answerIsLate = new();
    private volatile bool _awaitsAnswer;
    private long _moved;
    private long _quietSince;

    /// <param name="connection">The connection.</param>
    /// <param name="timeout">Above zero; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public ProgressWatchdog(Connection connection, TimeSpan timeout, TimeProvider? time = null)
    {
        _connection = connection;
        _timeout = timeout;
        TimeSpan interval = timeout / LooksPerTimeout;
        _interval = interval > ShortestInterval ? interval : ShortestInterval;
        _time = time ?? TimeProvider.System;
        _quietSince = _time.GetTimestamp();
        _timer = _time.CreateTimer(
            static watchdog => ((ProgressWatchdog)watchdog!).Look(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        if (timeout != Timeout.InfiniteTimeSpan)
            SetTimer(_interval);
    }

    /// <summary>This side has nothing to send yet, so the time does not count.</summary>
    public bool IsOurTurn
    {
        get => _isOurTurn;
        set => _isOurTurn = value;
    }

    /// <summary>Cancelled when the timeout passes after <see cref="AwaitAnswer"/> and the peer has acknowledged
    /// everything.</summary>
    public CancellationToken AnswerIsLate => _answerIsLate.Token;

    /// <summary>Call when everything is sent: once the peer has acknowledged it, the timeout cancels
    /// <see cref="AnswerIsLate"/> and leaves the connection as it is.</summary>
    public void AwaitAnswer() => _awaitsAnswer = true;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // Acknowledged, not sent: over a slow link the kernel's send buffer alone may take longer than the timeout.
        long moved = _connection.BytesAcknowledged + _connection.BytesReceived;
        long now = _time.GetTimestamp();
        if (moved != _moved || _isOurTurn)
        {
            _moved = moved;
            _quietSince = now;
        }
        TimeSpan left = _timeout - _time.GetElapsedTime(_quietSince, now);
        if (left > TimeSpan.Zero)
            SetTimer(left < _interval ? left : _interval);
        else if (_awaitsAnswer && _connection.BytesAcknowledged >= _connection.BytesSent)
            _ = _answerIsLate.CancelAsync();
        else
            _connection.Abort(CloseReason.IdleTimeout);
    }

    // A system timer counts whole milliseconds and may fire early by a fraction of one.
    private void SetTimer(TimeSpan due) => _timer.Change(
        due > ShortestInterval ? due : ShortestInterval, Timeout.InfiniteTimeSpan);
}
