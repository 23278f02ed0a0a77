namespace Hawser.Models;

/// <summary>Finds out ahead of need whether the system has threads left, and leaves the last of them to the runtime,
/// which ends the process when it cannot start one of its own.</summary>
/// <remarks>Nobody can say how many there are: the limit may be the user's, the container's or the memory's. So threads
/// are started, and end at once. Many connections one after the other need no more than the first did: only a number
/// that was never reached before is probed. Not thread-safe.</remarks>
internal sealed class ThreadProbe
{
    // How far one probe reaches. It costs about what the threads of so many connections cost.
    private const int Step = 16;

    private const int LeftToRuntime = 4;

    private int _proven;

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
