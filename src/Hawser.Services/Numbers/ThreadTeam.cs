using System.Collections.Concurrent;

namespace Hawser.Services.Numbers;

/// <summary>Some threads that share the lists: each takes the next one that nobody has. A list that fails is noted, and
/// the others are done, unless lists fail one after the other.</summary>
internal static class ThreadTeam
{
    // The server is gone, or the disk full: the rest would fail as well, perhaps after a timeout each.
    private const int MostFailuresInARow = 5;

    /// <summary>Does the work for each list, and returns when all are done.</summary>
    /// <param name="threads">How many at once; 1 is the calling thread itself.</param>
    /// <param name="lists">The lists.</param>
    /// <param name="work">Throws for a list that cannot be done: <see cref="FormatException"/> when that is the list's
    /// own fault, which says nothing about the next one.</param>
    /// <returns>The failures, by list.</returns>
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
            if (Volatile.Read(ref failedInARow) >= MostFailuresInARow)
                return $"not tried, because {MostFailuresInARow} lists in a row failed";
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
