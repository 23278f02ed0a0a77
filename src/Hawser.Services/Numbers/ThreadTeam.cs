using System.Collections.Concurrent;

namespace Hawser.Services.Numbers;

/// <summary>Some threads that share the lists: each takes the next one that nobody has. A list that fails is noted, and
/// the others are done.</summary>
internal static class ThreadTeam
{
    /// <summary>Does the work for each list, and returns when all are done.</summary>
    /// <param name="threads">How many at once; 1 is the calling thread itself.</param>
    /// <param name="lists">The lists.</param>
    /// <param name="work">Throws for a list that cannot be done.</param>
    /// <returns>The failures, by list.</returns>
    public static IReadOnlyList<ListFailure> Run(int threads, IReadOnlyList<int> lists, Action<int> work)
    {
        var failures = new ConcurrentBag<ListFailure>();
        int next = -1;
        Thread[] others = [.. Enumerable.Range(1, Math.Min(threads, lists.Count) - 1 is > 0 and var more ? more : 0)
            .Select(n => new Thread(Work) { Name = $"hawser numbers {n}", IsBackground = true })];
        foreach (Thread thread in others)
            thread.Start();
        Work();
        foreach (Thread thread in others)
            thread.Join();
        return [.. failures.OrderBy(failure => failure.List)];

        void Work()
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < lists.Count)
            {
                try
                {
                    work(lists[index]);
                }
                catch (Exception e) when (e is IOException or FormatException or UnauthorizedAccessException)
                {
                    failures.Add(new ListFailure(lists[index], e.Message.ReplaceLineEndings(" ")));
                }
            }
        }
    }
}
