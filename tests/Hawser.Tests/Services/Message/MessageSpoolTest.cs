using Hawser.Services.Message;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class MessageSpoolTest
{
    private readonly ByteBudget _memory = new(long.MaxValue);
    private readonly ByteBudget _disk = new(long.MaxValue);

    [Fact]
    public void A_message_waits_in_memory_up_to_256_KiB()
    {
        using var spool = new MessageSpool(_memory, _disk, Path.GetTempPath());
        spool.Append(new byte[256 * 1024]);
        Assert.False(spool.IsOnDisk);
        spool.Append(new byte[1]);
        Assert.True(spool.IsOnDisk);
    }

    [Fact]
    public void A_budget_is_short_from_a_refusal_until_half_of_it_is_free()
    {
        var budget = new ByteBudget(100);
        Assert.True(budget.TryTake(60));
        Assert.False(budget.IsShort);
        Assert.False(budget.TryTake(41));
        Assert.True(budget.IsShort);
        Assert.True(budget.TryTake(40));
        budget.Return(49);
        Assert.True(budget.IsShort);
        budget.Return(1);
        Assert.False(budget.IsShort);
    }
}
