using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Measuring;
using Xunit;

namespace Hawser.Tests.Services.Measuring;

public sealed class LatencyHistogramTest
{
    private static readonly double[] Percents = [0, 0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

    [Fact]
    public void Percentiles_differ_from_those_of_the_sorted_samples_by_the_promised_error_at_most() =>
        Prop.ForAll(Samples, samples =>
        {
            LatencyHistogram histogram = Of(samples);
            long[] sorted = [.. samples.Order()];
            foreach (double percent in Percents)
            {
                long exact = sorted[Math.Max(1, (int)Math.Ceiling((decimal)percent * sorted.Length / 100)) - 1];
                double bound = exact < 256 ? 0 : exact * LatencyHistogram.RelativeError;
                Assert.InRange(histogram.PercentileNs(percent), exact - bound, exact + bound);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Minimum_maximum_and_mean_are_exact() =>
        Prop.ForAll(Samples, samples =>
        {
            LatencyHistogram histogram = Of(samples);
            Assert.Equal(samples.Min(), histogram.MinNs);
            Assert.Equal(samples.Max(), histogram.MaxNs);
            Assert.Equal((double)(samples.Sum(value => (decimal)value) / samples.Length), histogram.MeanNs, 1e-3);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Two_histograms_added_are_the_histogram_of_all_samples() =>
        Prop.ForAll(Samples, Samples, (left, right) =>
        {
            LatencyHistogram sum = Of(left);
            sum.Add(Of(right));
            AssertSame(Of([.. left, .. right]), sum);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_snapshot_survives_json_and_becomes_the_same_histogram() =>
        Prop.ForAll(Samples, samples =>
        {
            string json = JsonSerializer.Serialize(Of(samples).ToSnapshot());
            HistogramSnapshot back = JsonSerializer.Deserialize<HistogramSnapshot>(json)!;
            AssertSame(Of(samples), LatencyHistogram.FromSnapshot(back));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_buckets_follow_each_other_without_gap_or_overlap_up_to_the_highest()
    {
        var histogram = new LatencyHistogram();
        long expected = 0;
        while (expected <= LatencyHistogram.HighestNs)
        {
            histogram = new LatencyHistogram();
            histogram.Record(expected);
            HistogramBucket bucket = histogram.Buckets().Single();
            Assert.Equal(expected, bucket.LowestNs);
            expected = bucket.HighestNs + 1;
        }

        Assert.Equal(LatencyHistogram.HighestNs + 1, expected);
        Assert.True(LatencyHistogram.HighestNs > TimeSpan.FromHours(1).TotalNanoseconds);
    }

    [Fact]
    public void Out_of_range_latencies_are_clamped()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(long.MaxValue);
        histogram.Record(long.MinValue);
        Assert.Equal(1, histogram.Saturated);
        Assert.Equal(0, histogram.MinNs);
        Assert.Equal(LatencyHistogram.HighestNs, histogram.MaxNs);
        Assert.Equal(LatencyHistogram.HighestNs, histogram.PercentileNs(100));
    }

    [Fact]
    public void A_percentile_is_the_nearest_rank_without_rounding_errors()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1, 999);
        histogram.Record(200, 1);
        Assert.Equal(1, histogram.PercentileNs(99.9));
        Assert.Equal(200, histogram.PercentileNs(99.91));
    }

    [Fact]
    public void An_empty_histogram_answers_zero()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(new LatencyHistogram());
        Assert.Equal((0, 0, 0), (histogram.MinNs, histogram.MaxNs, histogram.PercentileNs(99)));
        Assert.Equal(0, histogram.MeanNs);
        AssertSame(histogram, LatencyHistogram.FromSnapshot(histogram.ToSnapshot()));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(100.1)]
    [InlineData(double.NaN)]
    public void A_percentile_outside_0_to_100_is_refused(double percent) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LatencyHistogram().PercentileNs(percent));

    [Fact]
    public void Recording_allocates_nothing()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (long ns = 1; ns < LatencyHistogram.HighestNs; ns *= 3)
            histogram.Record(ns);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_snapshot_that_contradicts_itself_is_refused()
    {
        HistogramSnapshot good = Of([5, 300, 70_000]).ToSnapshot();
        HistogramBucket[] foreign = [new(257, 257, 1), .. good.Buckets.Skip(1)];
        HistogramBucket[] twice = [good.Buckets[0], good.Buckets[0], good.Buckets[1]];
        HistogramSnapshot[] bad =
        [
            good with { Count = 4 },
            good with { Saturated = 4 },
            good with { MinNs = 6 },
            good with { MaxNs = 80_000 },
            good with { SumNs = 1 },
            good with { Buckets = foreign },
            good with { Buckets = twice },
            good with { Buckets = [new HistogramBucket(-1, -1, 3)] },
        ];
        Assert.All(bad, snapshot => Assert.Throws<FormatException>(() => LatencyHistogram.FromSnapshot(snapshot)));
    }

    // Evenly over the exponents, so that nanoseconds and minutes both occur.
    private static Arbitrary<long[]> Samples { get; } = Arb.From(
        from count in Gen.Choose(1, 300)
        from values in Gen.ArrayOf(
            from bits in Gen.Choose(0, 41)
            from mantissa in Gen.Choose(0, int.MaxValue)
            select (1L << bits) + (long)((double)mantissa / int.MaxValue * ((1L << bits) - 1)) - 1,
            count)
        select values);

    private static LatencyHistogram Of(long[] samples)
    {
        var histogram = new LatencyHistogram();
        foreach (long sample in samples)
            histogram.Record(sample);
        return histogram;
    }

    private static void AssertSame(LatencyHistogram expected, LatencyHistogram actual) =>
        Assert.Equivalent(expected.ToSnapshot(), actual.ToSnapshot(), strict: true);
}
