namespace Hawser;

/// <summary>The time of the last heartbeat. Reading it costs a load, so that every wait and every call that moves bytes
/// can note when it was.</summary>
internal sealed class CoarseClock
{
    private long _now;

    /// <summary>For connections that no heartbeat watches.</summary>
    public static CoarseClock Stopped { get; } = new();

    /// <summary>A timestamp of the server's <see cref="TimeProvider"/>, at most one beat old.</summary>
    public long Now
    {
        get => Volatile.Read(ref _now);
        set => Volatile.Write(ref _now, value);
    }
}
