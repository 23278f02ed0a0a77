using Hawser.DescriptorUse;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DescriptorBudgetTest
{
    private const int Limit = 1_000;
    private const int Reserve = 16;

    private readonly DescriptorBudget _budget;
    private int _used = 100;

    public DescriptorBudgetTest() => _budget = new DescriptorBudget(() => Limit, () => _used);

    [Fact]
    public void Descriptors_opened_by_the_server_reduce_the_capacity()
    {
        _budget.Measure();

        AssertCapacity(Limit - 100 - Reserve);
    }

    [Fact]
    public void A_server_that_starts_while_connections_are_open_counts_too()
    {
        _budget.Measure();
        Assert.True(_budget.TryTake(10));
        // Ten of the connections', thirty of the second server's.
        _used += 40;
        _budget.Measure();
        _budget.Return(10);

        AssertCapacity(Limit - 130 - Reserve);
    }

    [Fact]
    public void Descriptors_that_are_taken_and_not_open_yet_give_no_room()
    {
        _budget.Measure();
        Assert.True(_budget.TryTake(50));
        _used += 20;
        _budget.Measure();
        _budget.Return(50);

        AssertCapacity(Limit - 100 - Reserve);
    }

    [Fact]
    public void Descriptors_of_an_ended_server_return_to_the_capacity()
    {
        _budget.Measure();
        _used -= 30;
        _budget.Measure();

        AssertCapacity(Limit - 70 - Reserve);
    }

    [Fact]
    public void What_is_reserved_is_taken_from_the_capacity()
    {
        _budget.Measure();
        Assert.Equal(100, _budget.Reserve(100));
        Assert.Equal(Limit - 100 - Reserve - 100, _budget.Unreserved);

        AssertCapacity(Limit - 100 - Reserve - 100);

        _budget.ReturnReserved(100);
        AssertCapacity(Limit - 100 - Reserve);
    }

    [Fact]
    public void A_reservation_hides_no_descriptor_that_another_server_opens()
    {
        _budget.Measure();
        Assert.Equal(100, _budget.Reserve(100));
        _used += 30;
        _budget.Measure();

        AssertCapacity(Limit - 130 - Reserve - 100);
    }

    [Fact]
    public void All_reservations_together_have_a_quarter_and_each_leaves_half_to_the_next()
    {
        _budget.Measure();
        const int Capacity = Limit - 100 - Reserve;

        Assert.Equal(50, _budget.Reserve(50));
        long[] next = [.. Enumerable.Range(0, 9).Select(_ => _budget.Reserve(1_000))];

        Assert.Equal([86, 43, 21, 11, 5, 3, 1, 1, 0], next);
        Assert.Equal(Capacity / 4, 50 + next.Sum());
    }

    [Theory]
    [InlineData(10, 3L, 1L, 1L)]
    [InlineData(20, 4L, 2L, 1L)]
    [InlineData(100, 13L, 6L, 3L)]
    public void Of_few_descriptors_three_servers_get_one_each_at_least(int capacity, params long[] reserved)
    {
        var budget = new DescriptorBudget(() => capacity + Reserve, () => 0);
        budget.Measure();

        Assert.Equal(reserved, reserved.Select(_ => budget.Reserve(40)).ToArray());
    }

    [Fact]
    public void Nothing_that_is_in_use_is_reserved()
    {
        _budget.Measure();
        const int Capacity = Limit - 100 - Reserve;

        Assert.True(_budget.TryTake(Capacity - 10));
        Assert.Equal(10, _budget.Reserve(200));
    }

    private void AssertCapacity(int capacity)
    {
        Assert.True(_budget.TryTake(1));
        Assert.False(_budget.HasRoom(capacity));
        Assert.False(_budget.TryTake(capacity));
        Assert.True(_budget.HasRoom(capacity - 1));
        Assert.True(_budget.TryTake(capacity - 1));
        Assert.False(_budget.HasRoom(1));
        Assert.False(_budget.TryTake(1));
        _budget.Return(capacity);
    }
}
