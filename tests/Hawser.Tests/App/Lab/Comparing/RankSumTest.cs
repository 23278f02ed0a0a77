using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab.Comparing;

public sealed class RankSumTest
{
    [Fact]
    public void The_distribution_of_two_by_two_is_counted_by_hand()
    {
        // Orders of a, a, b, b by the number of pairs in which a is greater: 0 1 2 2 3 4.
        Assert.Equal([1 / 6.0, 1 / 6.0, 2 / 6.0, 1 / 6.0, 1 / 6.0], RankSum.Distribution(2, 2), new Close());
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(9, 9)]
    [InlineData(40, 30)]
    public void The_distribution_is_symmetric_and_whole(int first, int second)
    {
        double[] distribution = RankSum.Distribution(first, second);

        Assert.Equal((first * second) + 1, distribution.Length);
        Assert.Equal(1, distribution.Sum(), 9);
        Assert.Equal(distribution, Enumerable.Reverse(distribution), new Close());
        Assert.Equal(RankSum.Distribution(second, first), distribution, new Close());
    }

    [Fact]
    public void The_interval_drops_as_many_extreme_ratios_as_the_error_level_allows()
    {
        // 2 P(U = 0) = 2 / 20, 2 P(U <= 1) = 4 / 20 for three and three.
        double[] first = [1, 1, 1];
        double[] second = [2, 4, 8];

        Assert.Null(RankSum.Interval(first, second, 0.09));
        Assert.Equal((4, 2, 8), RankSum.Interval(first, second, 0.11));
        Assert.Equal((4, 2, 8), RankSum.Interval([1, 1, 1], second, 0.21));
        Assert.Equal((4, 4, 4), RankSum.Interval([1, 1, 1], second, 0.99));
    }

    [Fact]
    public void Two_samples_of_one_distribution_differ_as_rarely_as_allowed()
    {
        var random = new Random(20261122);
        int differ = 0;
        for (int run = 0; run < 4000; run++)
        {
            (double _, double low, double high) = RankSum.Interval(Sample(), Sample(), 0.05)!.Value;
            if (low > 1 || high < 1)
                differ++;
        }

        // Heavy-tailed: the interval asks for no distribution. Three standard errors above 0.05, below half of it.
        Assert.InRange(differ / 4000.0, 0.025, 0.061);

        double[] Sample() =>
            [.. Enumerable.Range(0, 9).Select(_ => Math.Exp(Math.Tan(Math.PI * (random.NextDouble() - 0.5)) / 10))];
    }

    private sealed class Close : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) < 1e-12;

        public int GetHashCode(double obj) => 0;
    }
}
