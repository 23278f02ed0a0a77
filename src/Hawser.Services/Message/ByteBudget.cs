namespace Hawser.Services.Message;

/// <summary>A limit on the bytes of memory or disk that all messages hold together. Thread-safe.</summary>
/// <param name="limitBytes">The limit.</param>
internal sealed class ByteBudget(long limitBytes)
{
    private readonly Lock _gate = new();
    private long _held;
    private bool _isShort;

    public long LimitBytes => limitBytes;

    /// <summary>A request failed, and at least half of the limit has been in use since then.</summary>
    public bool IsShort
    {
        get
        {
            lock (_gate)
                return _isShort;
        }
    }

    /// <summary>Takes all bytes or none.</summary>
    public bool TryTake(int bytes)
    {
        lock (_gate)
        {
            if (bytes > limitBytes - _held)
            {
                _isShort = true;
                return false;
            }
            _held += bytes;
            return true;
        }
    }

    public void Return(long bytes)
    {
        lock (_gate)
        {
            _held -= bytes;
            _isShort &= _held > limitBytes / 2;
        }
    }
}
