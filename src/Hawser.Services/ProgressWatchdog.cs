namespace Hawser.Services;

/// <summary>Aborts a connection on which no byte has got through, either way, for the timeout; a twentieth of it later at
/// most.</summary>
internal sealed class ProgressWatchdog : IDisposable
{
    private const int LooksPerTimeout = 20;

    private readonly Connection _connection;
    private readonly ITimer _timer;
    private long _moved;
    private int _looksWithoutProgress;
    private volatile bool _isOurTurn;

    public ProgressWatchdog(Connection connection, TimeSpan timeout, TimeProvider? time = null)
    {
        _connection = connection;
        _moved = Moved;
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

    // Acknowledged and not sent: over a slow link the kernel's buffer alone takes longer than the timeout.
    private long Moved => _connection.BytesAcknowledged + _connection.BytesReceived;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long moved = Moved;
        _looksWithoutProgress = moved == _moved && !_isOurTurn ? _looksWithoutProgress + 1 : 0;
        _moved = moved;
        if (_looksWithoutProgress == LooksPerTimeout)
            _connection.Abort(CloseReason.IdleTimeout);
    }
}
