using Hawser.Services.Measuring;
using Xunit;

namespace Hawser.Tests.Services.Measuring;

public sealed class FairnessTest
{
    [Fact]
    public void Equal_shares_are_wholly_fair() => Assert.Equal(1, Fairness.JainIndex([7, 7, 7, 7]), 1e-12);

    [Fact]
    public void All_for_one_of_n_gives_one_nth() => Assert.Equal(0.25, Fairness.JainIndex([0, 9, 0, 0]), 1e-12);

    [Fact]
    public void The_index_does_not_depend_on_the_unit() =>
        Assert.Equal(Fairness.JainIndex([1, 2, 3]), Fairness.JainIndex([1e300, 2e300, 3e300]), 1e-12);

    [Fact]
    public void A_known_share_gives_its_known_index() =>
        Assert.Equal(36.0 / 42.0, Fairness.JainIndex([1, 2, 3]), 1e-12);

    [Fact]
    public void No_shares_and_zero_shares_are_fair()
    {
        Assert.Equal(1, Fairness.JainIndex([]));
        Assert.Equal(1, Fairness.JainIndex([0, 0]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_invalid_share_is_rejected(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Fairness.JainIndex([1, share]));
}
