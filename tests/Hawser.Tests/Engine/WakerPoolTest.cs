using Hawser.DescriptorUse;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class WakerPoolTest
{
    private const int Prepared = 8;

    [Fact]
    public void A_signal_wakes_few_others()
    {
        List<Waker> taken = Take(new WakerPool(Unlimited()), 10 * Waker.MostConnections);

        Assert.All(taken.CountBy(waker => waker), waker => Assert.InRange(waker.Value, 1, Waker.MostConnections));
    }

    [Fact]
    public void The_first_wakers_are_kept_and_the_others_closed_with_their_connections()
    {
        var pool = new WakerPool(Unlimited());
        List<Waker> taken = Take(pool, 10 * Waker.MostConnections);
        Waker[] wakers = [.. taken.Distinct()];

        taken.ForEach(pool.Return);

        Assert.Equal(Prepared, wakers.Count(IsOpen));
        Assert.All(Take(pool, Prepared), waker => Assert.True(IsOpen(waker)));
    }

    [Fact]
    public void Wakers_beyond_the_first_take_descriptors_from_the_connections()
    {
        const int Connections = 100;
        DescriptorBudget budget = Limited(Connections);
        Assert.True(budget.TryTake(Connections - 2));
        var pool = new WakerPool(budget);

        List<Waker> taken = Take(pool, 20 * Waker.MostConnections);

        Assert.Equal(Prepared + 2, taken.Distinct().Count());
        Assert.False(budget.TryTake(1));
        taken.ForEach(pool.Return);
        Assert.True(budget.TryTake(2));
        Assert.False(budget.TryTake(1));
    }

    [Fact]
    public void A_waker_outlives_the_close_of_its_connection_by_another_thread()
    {
        var pool = new WakerPool(Unlimited());
        pool.Prepare();
        Take(pool, Prepared * Waker.MostConnections);
        Waker waker = pool.Take();
        waker.Wake();

        pool.Return(waker);

        Assert.False(IsOpen(waker));
        waker.Acknowledge();
        waker.Wake();
    }

    private static List<Waker> Take(WakerPool pool, int count) => [.. Enumerable.Range(0, count).Select(_ => pool.Take())];

    private static DescriptorBudget Unlimited() => new(() => null, () => 0);

    /// <summary>A budget that leaves so many to connections.</summary>
    private static DescriptorBudget Limited(int capacity)
    {
        const int Reserve = 16;
        var budget = new DescriptorBudget(() => capacity + Reserve, () => 0);
        budget.Measure();
        return budget;
    }

    private static bool IsOpen(Waker waker)
    {
        try
        {
            return waker.Socket.Available >= 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
