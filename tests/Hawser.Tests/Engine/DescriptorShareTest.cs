using Hawser.DescriptorUse;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DescriptorShareTest
{
    private const int Capacity = 100;
    private const int Reserve = 16;

    private readonly DescriptorBudget _budget = new(() => Capacity + Reserve, () => 0);
    private readonly DescriptorShare _share;

    public DescriptorShareTest()
    {
        _budget.Measure();
        _share = new DescriptorShare(_budget);
    }

    [Fact]
    public void Reserved_connections_have_descriptors_when_others_have_used_up_theirs()
    {
        _share.Begin(perConnection: 2, reserved: 3);
        Assert.True(_budget.TryTake(Capacity - 6));

        Assert.Equal(3, CountTaken());
    }

    [Fact]
    public void Connections_beyond_the_reserved_ones_share_with_the_others()
    {
        _share.Begin(perConnection: 2, reserved: 3);
        Assert.True(_budget.TryTake(Capacity - 8));

        Assert.Equal(4, CountTaken());
        AssertFree(0);
        _share.Return();
        AssertFree(2);
        _share.Return();
        AssertFree(2);
    }

    [Fact]
    public void Some_connections_are_reserved_when_not_all_can_be()
    {
        // Half of the quarter that may be reserved.
        _share.Begin(perConnection: 2, reserved: int.MaxValue);
        Assert.True(_budget.TryTake(Capacity - 12));

        Assert.Equal(6, CountTaken());
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public void A_server_that_could_never_serve_a_connection_does_not_start(int left, bool starts)
    {
        var budget = new DescriptorBudget(() => left + Reserve, () => 0);
        var share = new DescriptorShare(budget);

        Exception? fault = Record.Exception(() => share.Begin(perConnection: 2, reserved: 0));

        Assert.Equal(starts, fault is null);
        if (!starts)
            Assert.StartsWith("too few descriptors", Assert.IsType<IOException>(fault).Message, StringComparison.Ordinal);
        share.End();
    }

    [Fact]
    public void A_share_without_a_reservation_gives_back_what_it_took()
    {
        _share.Begin(perConnection: 2, reserved: 0);
        Assert.Equal(Capacity / 2, CountTaken());
        _share.Return();
        AssertFree(2);

        // Connections that came from elsewhere.
        for (int i = 0; i < Capacity; i++)
            _share.Return();
        AssertFree(Capacity);
    }

    [Fact]
    public void Its_end_returns_everything()
    {
        _share.Begin(perConnection: 2, reserved: 3);
        CountTaken();

        _share.End();

        AssertFree(Capacity);
        _share.Return();
        AssertFree(Capacity);
    }

    [Fact]
    public void Connections_to_be_shed_are_counted_although_there_is_no_descriptor()
    {
        Assert.True(_budget.TryTake(Capacity));
        _share.Begin(perConnection: 2, reserved: 3);
        Assert.False(_share.TryTake());

        _share.Take();
        _share.Return();

        AssertFree(0);
        _budget.Return(Capacity);
        AssertFree(Capacity);
    }

    private int CountTaken()
    {
        int taken = 0;
        while (taken < Capacity && _share.TryTake())
            taken++;
        return taken;
    }

    private void AssertFree(int count)
    {
        // The first that takes always succeeds.
        int free = 0;
        while (free < Capacity && _budget.TryTake(1))
            free++;
        _budget.Return(free);
        Assert.Equal(count, free);
    }
}
