using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DescriptorBudgetTest
{
    [Fact]
    public void One_that_was_not_measured_has_no_end()
    {
        var budget = new DescriptorBudget();

        Assert.True(budget.TryTake(int.MaxValue));
        Assert.True(budget.TryTake(int.MaxValue));
    }

    [Fact]
    public void Nobody_gets_more_than_there_is_unless_nobody_else_has_any()
    {
        Assert.SkipUnless(DescriptorLimit.Read() < int.MaxValue, "the limit is not known");
        var budget = new DescriptorBudget();
        budget.Measure();

        Assert.True(budget.TryTake(int.MaxValue));
        Assert.False(budget.TryTake(1));
        budget.Return(int.MaxValue);
        Assert.True(budget.TryTake(1));
        Assert.False(budget.TryTake(int.MaxValue));
        Assert.True(budget.TryTake(1));
    }

    [Fact]
    public void What_is_left_can_be_taken_to_the_last_one()
    {
        Assert.SkipUnless(DescriptorLimit.Read() < int.MaxValue, "the limit is not known");
        var budget = new DescriptorBudget();
        budget.Measure();
        Assert.True(budget.TryTake(1));
        int most = (int)DescriptorLimit.Read()!.Value;
        int left = Enumerable.Range(0, most).Last(count =>
        {
            bool isTaken = budget.TryTake(count);
            if (isTaken)
                budget.Return(count);
            return isTaken;
        });

        Assert.True(budget.TryTake(left));
        Assert.False(budget.TryTake(1));
        budget.Return(1);
        Assert.True(budget.TryTake(1));
        Assert.False(budget.TryTake(1));
    }

    /// <summary>What is taken and not opened yet cannot be counted.</summary>
    [Fact]
    public void While_somebody_has_some_it_is_not_measured()
    {
        var budget = new DescriptorBudget();
        budget.Take(1);

        budget.Measure();

        Assert.True(budget.TryTake(int.MaxValue));
    }
}
