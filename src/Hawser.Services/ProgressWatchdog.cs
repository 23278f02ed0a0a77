namespace Hawser.Services;

/// <summary>Aborts a connection on which no byte has got through, either way, for too long.</summary>
internal sealed class ProgressWatchdog : IDisposable
{
    private const int LooksPerTimeout = 20;

    private readonly Connection _connection;
    private readonly ITimer _timer;
    private long _moved = -1;
    private int _looksWithoutProgress;
    private volatile bool _isOurTurn;

    public ProgressWatchdog(Connection connection, TimeSpan timeout, TimeProvider? time = null)
    {
        _connection = connection;
        TimeSpan interval = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout / LooksPerTimeout;
        _timer = (time ?? TimeProvider.System).CreateTimer(
            static watchdog => ((ProgressWatchdog)watchdog!).Look(), this, interval, interval);
    }

    /// <summary>While this side has nothing to send, nobody blames the peer for silence.</summary>
    public bool IsOurTurn
    {
        get => _isOurTurn;
        set => _isOurTurn = value;
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // Acknowledged and not sent: over a slow link the kernel's buffer alone takes longer than the timeout.
        long moved = _connection.BytesAcknowledged + _connection.BytesReceived;
        _looksWithoutProgress = moved == _moved && !_isOurTurn ? _looksWithoutProgress + 1 : 0;
        _moved = moved;
        if (_looksWithoutProgress == LooksPerTimeout)
            _connection.Abort(CloseReason.IdleTimeout);
    }
}
