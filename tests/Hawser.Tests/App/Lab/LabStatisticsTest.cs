using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabStatisticsTest
{
    [Theory]
    [InlineData(new double[] { 7 }, 7)]
    [InlineData(new double[] { 9, 1 }, 5)]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    [InlineData(new double[] { 1000, 1, 2, 3, 4 }, 3)]
    public void The_median_is_the_middle_one_or_between_the_two(double[] values, double median) =>
        Assert.Equal(median, LabStatistics.SpreadOf(values).Median);

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 1, 0.5)]
    [InlineData(3, 1, 0.75)]
    [InlineData(4, 1, 0.875)]
    [InlineData(5, 1, 0.9375)]
    [InlineData(6, 1, 0.96875)]
    [InlineData(8, 2, 1 - (2 * 9 / 256.0))]
    [InlineData(9, 2, 1 - (2 * 10 / 512.0))]
    [InlineData(12, 3, 1 - (2 * 79 / 4096.0))]
    public void An_intervals_coverage_is_that_of_the_sign_test(int n, int k, double coverage) =>
        Assert.Equal(coverage, LabStatistics.CoverageOf(n, k), 12);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 1, 5)]
    [InlineData(8, 1, 8)]
    [InlineData(9, 2, 8)]
    [InlineData(12, 3, 10)]
    public void The_interval_is_the_narrowest_that_covers_95_percent_or_else_the_whole_range(int n, int low, int high)
    {
        LabSpread spread = LabStatistics.SpreadOf(
            [.. Enumerable.Range(1, n).Select(value => (double)value).Reverse()]);

        Assert.Equal((low, high, 1, n, n), (spread.Low, spread.High, spread.Min, spread.Max, spread.Rounds));
    }

    [Fact]
    public void The_range_is_printed_as_a_share_of_the_median()
    {
        Assert.Equal(0.5, LabStatistics.SpreadOf([8, 10, 13]).RelativeRange, 12);
        Assert.Equal(0, LabStatistics.SpreadOf([0, 0]).RelativeRange);
    }
}
