namespace Hawser.Services.Message;

/// <summary>The memory that all waiting messages may hold together.</summary>
/// <param name="limitBytes">Beyond it, messages go to disk at once.</param>
internal sealed class MessageMemory(long limitBytes)
{
    private long _held;

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= limitBytes)
            return true;
        Return(bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _held, -bytes);
}
