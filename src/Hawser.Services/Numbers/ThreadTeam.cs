using System.Collections.Concurrent;

namespace Hawser.Services.Numbers;

/// <summary>Threads that share a number of lists. A list that fails does not stop the others, unless several fail in a
/// row.</summary>
internal static class ThreadTeam
{
    // The server is gone or the disk is full: the rest would fail as well, perhaps after a timeout each.
    private const int MaxFailuresInARow = 5;

    /// <summary>Does the work for each list, and returns when all are done.</summary>
    /// <param name="threads">The number of threads, the calling one included.</param>
    /// <param name="lists">The lists.</param>
    /// <param name="work">Throws <see cref="IOException"/> for a list that fails, or <see cref="FormatException"/> if
    /// the fault is the list's own and says nothing about the next one.</param>
    /// <returns>The failures, ordered by list.</returns>
    public static IReadOnlyList<ListFailure> Run(int threads, IReadOnlyList<int> lists, Action<int> work)
    {
        var failures = new ConcurrentBag<ListFailure>();
        int next = -1;
        int failedInARow = 0;
        Thread[] others = [.. Enumerable.Range(1, Math.Max(0, Math.Min(threads, lists.Count) - 1))
            .Select(n => new Thread(WorkOn) { Name = $"hawser numbers {n}", IsBackground = true })];
        foreach (Thread thread in others)
            thread.Start();
        WorkOn();
        foreach (Thread thread in others)
            thread.Join();
        return [.. failures.OrderBy(failure => failure.List)];

        void WorkOn()
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < lists.Count)
            {
                if (Do(lists[index]) is { } message)
                    failures.Add(new ListFailure(lists[index], message.ReplaceLineEndings(" ")));
            }
        }

        string? Do(int list)
        {
            if (Volatile.Read(ref failedInARow) >= MaxFailuresInARow)
                return $"not tried: {MaxFailuresInARow} lists in a row failed";
            try
            {
                work(list);
                Volatile.Write(ref failedInARow, 0);
                return null;
            }
            catch (FormatException e)
            {
                return e.Message;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Interlocked.Increment(ref failedInARow);
                return e.Message;
            }
        }
    }
}
