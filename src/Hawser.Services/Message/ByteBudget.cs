namespace Hawser.Services.Message;

/// <summary>Bytes that all messages may hold together, of memory or of disk. From any thread.</summary>
/// <param name="limitBytes">The most that may be held.</param>
internal sealed class ByteBudget(long limitBytes)
{
    private readonly Lock _gate = new();
    private long _held;
    private bool _isShort;

    public long LimitBytes => limitBytes;

    /// <summary>A request failed, and at least half of the limit has been held ever since.</summary>
    public bool IsShort
    {
        get
        {
            lock (_gate)
                return _isShort;
        }
    }

    /// <summary>Takes all of it or nothing.</summary>
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
