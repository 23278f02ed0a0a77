using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Hawser.DescriptorUse;

/// <summary>The descriptors that the connections of all servers of this process may use. Those that a connection may need
/// are taken before it is accepted, so that it cannot run out of them later.</summary>
/// <param name="readLimit">The limit of the process; null if it has none.</param>
/// <param name="countUsed">Descriptors in use.</param>
internal sealed class DescriptorBudget(Func<long?> readLimit, Func<int> countUsed)
{
    // Left to the runtime: without a descriptor the runtime aborts, and loading an assembly takes two.
    private const int LastDescriptors = 16;

    private const int ReservableDivisor = 4;

    // For the few connections without which nobody can look at a process that has few.
    private const int LeastReservable = 8;

    private readonly Lock _gate = new();
    private long _capacity = long.MaxValue;
    private long _taken;
    private long _reserved;

    /// <summary>The budget of the process.</summary>
    public static DescriptorBudget Shared { get; } = new(DescriptorLimit.Read, DescriptorLimit.CountUsed);

    /// <summary>Counts what a starting server leaves to connections. While connections have descriptors, the budget only
    /// shrinks: those that are taken and not open yet cannot be counted.</summary>
    public void Measure()
    {
        // Its assembly stays open, and every connection needs it.
        RuntimeHelpers.RunClassConstructor(typeof(PipeWriter).TypeHandle);
        lock (_gate)
        {
            if (readLimit() is not { } limit)
                return;
            // Which of the reserved ones are open is not known: as if none were.
            long taken = Volatile.Read(ref _taken) - _reserved;
            long capacity = limit - (countUsed() - taken) - LastDescriptors;
            Volatile.Write(ref _capacity, taken == 0 ? capacity : Math.Min(_capacity, capacity));
        }
    }

    /// <summary>Takes descriptors if there are enough, or if none are taken.</summary>
    public bool TryTake(int count)
    {
        long before = Interlocked.Add(ref _taken, count) - count;
        if (before == 0 || before + count <= Volatile.Read(ref _capacity))
            return true;
        Return(count);
        return false;
    }

    /// <summary>Whether <see cref="TryTake"/> would take them now.</summary>
    public bool HasRoom(int count)
    {
        long taken = Volatile.Read(ref _taken);
        return taken == 0 || taken + count <= Volatile.Read(ref _capacity);
    }

    /// <summary>The capacity without what is reserved; 0 or less if the process may open too few.</summary>
    public long Unreserved
    {
        get
        {
            lock (_gate)
                return _capacity - _reserved;
        }
    }

    /// <summary>Takes free descriptors in advance. All reservations together have at most a quarter (of few, up to eight, at
    /// most half), and each at most half of what the others leave of it, so that something is left for the
    /// next.</summary>
    /// <returns>How many were taken.</returns>
    public long Reserve(long most)
    {
        lock (_gate)
        {
            long reservable = Math.Max(_capacity / ReservableDivisor, Math.Min(_capacity / 2, LeastReservable));
            long left = reservable - _reserved;
            long count = Math.Clamp(Math.Min((left + 1) / 2, _capacity - Volatile.Read(ref _taken)), 0, most);
            _reserved += count;
            Take(count);
            return count;
        }
    }

    /// <summary>Returns descriptors taken in advance.</summary>
    public void ReturnReserved(long count)
    {
        lock (_gate)
        {
            _reserved -= count;
            Return(count);
        }
    }

    /// <summary>Takes descriptors whether or not there are enough.</summary>
    public void Take(long count) => Interlocked.Add(ref _taken, count);

    /// <summary>Returns descriptors.</summary>
    public void Return(long count) => Interlocked.Add(ref _taken, -count);
}
