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
        Assert.Equal(200, _budget.Reserve(200));

        AssertCapacity(Limit - 100 - Reserve - 200);

        _budget.ReturnReserved(200);
        AssertCapacity(Limit - 100 - Reserve);
    }

    [Fact]
    public void A_reservation_hides_no_descriptor_that_another_server_opens()
    {
        _budget.Measure();
        Assert.Equal(200, _budget.Reserve(200));
        _used += 30;
        _budget.Measure();

        AssertCapacity(Limit - 130 - Reserve - 200);
    }

    [Fact]
    public void All_reservations_together_have_a_quarter_and_nothing_that_is_in_use()
    {
        _budget.Measure();
        const int Capacity = Limit - 100 - Reserve;

        Assert.Equal(200, _budget.Reserve(200));
        Assert.Equal((Capacity / 4) - 200, _budget.Reserve(200));
        Assert.Equal(0, _budget.Reserve(200));

        _budget.ReturnReserved(Capacity / 4);
        Assert.True(_budget.TryTake(Capacity - 10));
        Assert.Equal(10, _budget.Reserve(200));
    }

    private void AssertCapacity(int capacity)
    {
        Assert.True(_budget.TryTake(1));
        Assert.False(_budget.TryTake(capacity));
        Assert.True(_budget.TryTake(capacity - 1));
        Assert.False(_budget.TryTake(1));
        _budget.Return(capacity);
    }
}
