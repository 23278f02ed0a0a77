using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Limits;

public sealed class AcceptRateTest
{
    private static readonly AddressKey One = new(false, 1);
    private static readonly AddressKey Other = new(false, 2);

    private readonly FakeTime _time = new();

    [Fact]
    public void A_burst_of_one_second_is_allowed_then_the_rate()
    {
        var rate = new AcceptRate(10, _time);

        Assert.Equal(10, Take(rate, One, 15));
        Assert.Equal(10, Take(rate, Other, 15));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, Take(rate, One, 5));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Take(rate, One, 5));
        _time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(10, Take(rate, One, 15));
    }

    [Fact]
    public void Refusals_take_no_tokens()
    {
        var rate = new AcceptRate(10, _time);
        Take(rate, One, 1_000);

        _time.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal(5, Take(rate, One, 1_000));
    }

    [Fact]
    public void A_rate_below_one_per_second_allows_one_at_once()
    {
        var rate = new AcceptRate(0.1, _time);

        Assert.Equal(1, Take(rate, One, 3));
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(0, Take(rate, One, 1));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(1, Take(rate, One, 3));
    }

    /// <summary>Although entries move to the old generation meanwhile.</summary>
    [Fact]
    public void The_rate_holds_over_a_long_time()
    {
        var rate = new AcceptRate(2, _time);
        int taken = 0;
        for (int i = 0; i < 1_000; i++)
        {
            taken += Take(rate, One, 3);
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.InRange(taken, 100, 102);
    }

    [Fact]
    public void The_table_forgets_addresses_whose_buckets_are_full()
    {
        var rate = new AcceptRate(10, _time);
        for (ulong i = 0; i < 1_000; i++)
            rate.TryTake(new AddressKey(true, i));
        Assert.Equal(1_000, rate.Count);

        for (int i = 0; i < 2; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            rate.TryTake(One);
        }

        Assert.InRange(rate.Count, 1, 2);
    }

    [Fact]
    public void The_table_is_bounded_and_keeps_the_addresses_seen_last()
    {
        var rate = new AcceptRate(1, _time);
        for (ulong i = 0; i < 3 * AcceptRate.MostAddresses; i++)
        {
            rate.TryTake(new AddressKey(true, i));
            Assert.Equal(i == 0 ? 1 : 0, Take(rate, One, 1));
        }

        Assert.InRange(rate.Count, AcceptRate.MostAddresses, 2 * AcceptRate.MostAddresses);
    }

    [Fact]
    public void Tokens_in_use_are_measured()
    {
        var rate = new AcceptRate(10, _time);
        Take(rate, One, 4);
        Take(rate, Other, 2);

        Assert.Equal(4, rate.FindMostUsed(), 6);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(1, rate.FindMostUsed(), 6);
        Assert.Equal(4, rate.Highest, 6);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(0, rate.FindMostUsed());
    }

    private static int Take(AcceptRate rate, AddressKey address, int tries) =>
        Enumerable.Range(0, tries).Count(_ => rate.TryTake(address));
}
