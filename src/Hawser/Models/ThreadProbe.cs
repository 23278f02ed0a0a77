namespace Hawser.Models;

/// <summary>Finds out ahead of need whether the system has threads left, and leaves the last of them to the runtime,
/// which ends the process when it cannot start one of its own.</summary>
/// <remarks>Limits are known, but not how much of them others use. So threads are started, and end at once; but only
/// for a number of connections that was never reached before, and only where the limits are in sight. Not
/// thread-safe.</remarks>
/// <param name="limit">Of the system; null where none is known, and nothing is tried.</param>
internal sealed class ThreadProbe(long? limit)
{
    // How far one probe reaches. It costs about what the threads of so many connections cost.
    private const int Step = 16;

    private const int LeftToRuntime = 4;

    // Below a quarter of what is allowed there is no sign of shortage, unless others use the rest.
    private const int InSight = 4;

    private long _proven = limit / InSight ?? long.MaxValue;

    /// <summary>Whether there are threads for so many connections at once, and some more for the runtime.</summary>
    /// <param name="connections">Those that have their threads, and the next.</param>
    public bool HasThreadsFor(int connections)
    {
        if (connections > _proven && CanStart(Step + LeftToRuntime))
            _proven = connections - 1 + Step;
        return connections <= _proven;
    }

    /// <summary>A thread could not be started: somebody else has taken what there was.</summary>
    public void Forget() => _proven = 0;

    private static bool CanStart(int count)
    {
        var threads = new List<Thread>(count);
        // Not disposed while a thread may still look at it; it holds nothing of the system.
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
