namespace Hawser.Models;

/// <summary>Tests ahead of need whether threads are left, and reserves the last ones for the runtime, which aborts the
/// process if it cannot start one.</summary>
/// <remarks>The limits are known, but not others' use of them. The probe starts threads that end at once, only for a
/// new maximum of connections, and only near a limit. Not thread-safe.</remarks>
/// <param name="limit">The system's; null if unknown, which disables the probe.</param>
internal sealed class ThreadProbe(long? limit)
{
    // The reach of one probe. It costs about as much as the threads of so many connections.
    private const int Step = 16;

    private const int LeftToRuntime = 4;

    // Probing starts at a quarter of the limit.
    private const int InSight = 4;

    private long _proven = limit / InSight ?? long.MaxValue;

    /// <summary>Tests whether there are threads for this many connections, plus the runtime's reserve.</summary>
    /// <param name="connections">Those with a thread, plus one.</param>
    public bool HasThreadsFor(int connections)
    {
        if (connections > _proven && CanStart(Step + LeftToRuntime))
            _proven = connections - 1 + Step;
        return connections <= _proven;
    }

    /// <summary>Forgets past results, after a thread could not be started.</summary>
    public void Forget() => _proven = 0;

    private static bool CanStart(int count)
    {
        var threads = new List<Thread>(count);
        // Not disposed, because a thread may still access it; it holds no system resource.
        var enough = new ManualResetEventSlim();
        try
        {
            for (int i = 0; i < count; i++)
            {
                var thread = new Thread(enough.Wait) { IsBackground = true };
                thread.Start();
                threads.Add(thread);
            }
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
        finally
        {
            enough.Set();
            threads.ForEach(thread => thread.Join());
        }
    }
}
