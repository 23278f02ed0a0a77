using System.Collections.Concurrent;

namespace Worker;

/// <summary>The sums, shared by all connections. Thread-safe.</summary>
public sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> _sums = new();

    public long Add(string name, long number) => _sums.AddOrUpdate(name, number, (_, sum) => sum + number);
}
