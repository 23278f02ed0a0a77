namespace Hawser.Services;

/// <summary>Aborts a connection on which no byte has moved for too long.</summary>
internal sealed class ProgressWatchdog : IDisposable
{
    private const int LooksPerTimeout = 20;

    private readonly Connection _connection;
    private readonly Timer _timer;
    private long _moved = -1;
    private int _looksWithoutProgress;

    public ProgressWatchdog(Connection connection, TimeSpan timeout)
    {
        _connection = connection;
        TimeSpan interval = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout / LooksPerTimeout;
        _timer = new Timer(static watchdog => ((ProgressWatchdog)watchdog!).Look(), this, interval, interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long moved = _connection.BytesSent + _connection.BytesReceived;
        _looksWithoutProgress = moved == _moved ? _looksWithoutProgress + 1 : 0;
        _moved = moved;
        if (_looksWithoutProgress == LooksPerTimeout)
            _connection.Abort(CloseReason.IdleTimeout);
    }
}
