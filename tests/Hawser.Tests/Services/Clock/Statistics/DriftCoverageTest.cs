using Hawser.Services.Clock.Statistics;
using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Statistics;

/// <summary>The drift's 95 % interval covers the truth as often as it says, on simulated links whose delays depend on
/// those before them. Seeded: the figures are the same in every run.</summary>
public sealed class DriftCoverageTest
{
    private const int Runs = 300;
    private const int Ticks = 6_000;
    private const double IntervalSeconds = 0.01;
    private const double TruePpm = 12;

    public enum Link
    {
        /// <summary>Delays that know nothing of each other.</summary>
        Independent,

        /// <summary>Two seconds of load out of eight, mostly on the way to the server.</summary>
        Bursts,

        /// <summary>A queue each way that fills and empties within a second.</summary>
        Queue,

        /// <summary>A queue that does so within five seconds.</summary>
        SlowQueue,
    }

    [Theory]
    [InlineData(Link.Independent)]
    [InlineData(Link.Bursts)]
    [InlineData(Link.Queue)]
    [InlineData(Link.SlowQueue)]
    public void The_interval_of_drift_covers_the_truth_and_one_a_tenth_as_wide_does_not(Link link)
    {
        int covered = 0, coveredByTenth = 0;
        for (int seed = 0; seed < Runs; seed++)
        {
            DriftEstimate drift = Measure(link, seed);
            covered += drift.Lowest <= TruePpm && TruePpm <= drift.Highest ? 1 : 0;
            double low = drift.PartsPerMillion - ((drift.PartsPerMillion - drift.Lowest) / 10);
            double high = drift.PartsPerMillion + ((drift.Highest - drift.PartsPerMillion) / 10);
            coveredByTenth += low <= TruePpm && TruePpm <= high ? 1 : 0;
        }

        Assert.InRange((double)covered / Runs, 0.92, 1);
        Assert.InRange((double)coveredByTenth / Runs, 0, 0.6);
    }

    private static DriftEstimate Measure(Link link, int seed)
    {
        var random = new Random(seed);
        var filter = new OffsetFilter();
        Func<(double Forth, double Back)> delays = DelaysOf(link, random);
        for (uint tick = 0; tick < Ticks; tick++)
        {
            (double forth, double back) = delays();
            long sent = (long)(tick * IntervalSeconds * 1e9);
            long received = sent + (long)(20_000 + forth), returned = received + (long)(20_000 + back);
            long ahead = (long)(received * TruePpm / 1e6);
            filter.Take(new Exchange(
                tick, new(sent, sent), new(received + ahead, received), new(received + ahead, received),
                new(returned, returned)));
        }

        return filter.Drift()!.Value;
    }

    /// <summary>The delay of each way beyond its least, in nanoseconds, tick after tick.</summary>
    private static Func<(double Forth, double Back)> DelaysOf(Link link, Random random)
    {
        bool isLoaded = false;
        double forth = 0, back = 0;
        return () =>
        {
            (double Forth, double Back) noise = (Exponential(5_000), Exponential(5_000));
            switch (link)
            {
                case Link.Bursts:
                    isLoaded = random.NextDouble() < IntervalSeconds / (isLoaded ? 2 : 6) ? !isLoaded : isLoaded;
                    return isLoaded
                        ? (noise.Forth + 30_000 + Exponential(400_000), noise.Back + Exponential(100_000))
                        : noise;
                case Link.Queue:
                    (forth, back) = (Math.Max(0, Next(forth, 60_000, 1)), Math.Max(0, Next(back, 20_000, 1)));
                    return (noise.Forth + forth, noise.Back + back);
                case Link.SlowQueue:
                    forth = Next(forth, 30_000, 5);
                    return (noise.Forth + Math.Abs(forth), noise.Back);
                default:
                    return noise;
            }
        };

        double Exponential(double mean) => -mean * Math.Log(1 - random.NextDouble());

        double Next(double value, double deviation, double seconds)
        {
            double kept = Math.Exp(-IntervalSeconds / seconds);
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return (kept * value) + (deviation * Math.Sqrt(1 - (kept * kept)) * normal);
        }
    }
}
