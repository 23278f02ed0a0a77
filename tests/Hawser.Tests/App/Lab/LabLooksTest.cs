using Hawser.App.Lab;
using Xunit;

namespace Hawser.Tests.App.Lab;

/// <summary>Intervals hold although a lab looks at them again and again: shown on simulated rounds with fixed
/// seeds.</summary>
public sealed class LabLooksTest
{
    private const int Runs = 2000;
    private const int MostRounds = 120;
    private const double Ratio = 1.1;

    // Three standard errors of a share of 0.95 in 2,000 runs.
    private const double Tolerance = 0.015;

    public static TheoryData<string> Noises => [.. Noise.Keys];

    // The logarithm of what a disturbance does to a measurement, slot by slot; four variants share a round.
    private static readonly Dictionary<string, Func<Random, Func<double>>> Noise = new()
    {
        ["independent"] = random => () => 0.05 * Normal(random),
        ["skewed"] = random => () => -0.05 * Math.Log(1 - random.NextDouble()),
        ["heavy-tailed"] = random => () => 0.02 * Cauchy(random),
        ["dependent"] = random => Autoregressive(random, () => 0.05 * Normal(random)),
        ["dependent and heavy-tailed"] = random => Autoregressive(random, () => 0.01 * Cauchy(random)),
        ["drifting"] = _ => Drift(0.01),
    };

    [Theory]
    [MemberData(nameof(Noises))]
    public void Intervals_hold_at_every_look_at_once(string noise)
    {
        var looks = new LabLooks(9);
        double held = Share(noise, ratios => Rounds().Where(looks.IsLook).All(round => Holds(ratios[..round], looks)));

        Assert.InRange(held, 0.95 - Tolerance, 1);
    }

    [Theory]
    [MemberData(nameof(Noises))]
    public void The_interval_at_which_a_run_stops_holds(string noise)
    {
        var looks = new LabLooks(9);
        double held = Share(noise, ratios => Holds(ratios[..StopOf(ratios, looks)], looks));

        Assert.InRange(held, 0.95 - Tolerance, 1);
    }

    [Fact]
    public void Without_looks_that_spend_the_error_an_interval_would_miss_sooner_or_later()
    {
        double held = Share("independent", ratios => Rounds().All(round => Holds(ratios[..round], looks: null)));

        Assert.InRange(held, 0, 0.85);
    }

    [Fact]
    public void Without_shuffling_a_drift_would_pass_for_a_difference()
    {
        double held = Share("drifting", ratios => Holds(ratios[..9], looks: null), isShuffled: false);

        Assert.InRange(held, 0, 0.01);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(20)]
    public void All_looks_together_spend_an_error_of_3_to_5_percent(int first)
    {
        var looks = new LabLooks(first);

        (int rounds, int depth) = looks.Last(2000);

        Assert.InRange(looks.Spent, 0.03, 0.05);
        Assert.InRange(rounds, 1600, 2000);
        Assert.InRange(depth, 1, rounds / 2);
    }

    [Fact]
    public void Looks_come_after_the_first_rounds_and_then_after_a_quarter_more()
    {
        var looks = new LabLooks(9);

        Assert.Equal([9, 12, 15, 19, 24, 30], Enumerable.Range(1, 36).Where(looks.IsLook));
        Assert.Equal((0, 0), looks.Last(8));
        Assert.Equal((9, 1), looks.Last(11));
        Assert.Equal(15, looks.Last(18).Rounds);
    }

    // By hand: of 7 values 2 / 128 lie all on one side of the median, which 0.025 allows; 2 / 64 of 6 it does not.
    [Theory]
    [InlineData(6, 0, 0)]
    [InlineData(7, 1, 2.0 / 128)]
    public void The_first_look_spends_at_most_half_of_the_error(int first, int depth, double spent)
    {
        var looks = new LabLooks(first);

        Assert.Equal((first, depth), looks.Last(first));
        Assert.Equal(spent, looks.Spent, 12);
    }

    [Fact]
    public void Rounds_after_the_last_look_do_not_move_an_interval()
    {
        double[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 101];

        LabSpread spread = LabStatistics.SpreadOf(values, new LabLooks(9));

        Assert.Equal((1, 9, 101, 11), (spread.Low, spread.High, spread.Max, spread.Rounds));
        Assert.Equal(0.95, spread.Coverage);
        Assert.Equal(0, LabStatistics.SpreadOf(values[..8], new LabLooks(9)).Coverage);
        Assert.Equal(double.PositiveInfinity, LabStatistics.SpreadOf(values[..8], new LabLooks(9)).RelativeWidth);
    }

    private static IEnumerable<int> Rounds() => Enumerable.Range(9, MostRounds - 8);

    private static bool Holds(double[] ratios, LabLooks? looks) =>
        LabStatistics.SpreadOf(ratios, looks) is var spread && spread.Low <= Ratio && Ratio <= spread.High;

    // The first look with an interval narrower than 5 %, or the time limit.
    private static int StopOf(double[] ratios, LabLooks looks) => Rounds().Where(looks.IsLook)
        .FirstOrDefault(round => LabStatistics.SpreadOf(ratios[..round], looks).RelativeWidth <= 0.05, MostRounds);

    private static double Share(string noise, Func<double[], bool> holds, bool isShuffled = true)
    {
        var random = new Random(20261122);
        int held = 0;
        for (int run = 0; run < Runs; run++)
        {
            if (holds(RatiosOf(random, Noise[noise](random), isShuffled)))
                held++;
        }
        return (double)held / Runs;
    }

    private static double[] RatiosOf(Random random, Func<double> noise, bool isShuffled)
    {
        double[] ratios = new double[MostRounds];
        int[] places = [0, 1, 2, 3];
        for (int round = 0; round < MostRounds; round++)
        {
            double[] slots = [noise(), noise(), noise(), noise()];
            if (isShuffled)
                random.Shuffle(places);
            ratios[round] = Ratio * Math.Exp(slots[places[0]] - slots[places[1]]);
        }
        return ratios;
    }

    private static Func<double> Autoregressive(Random random, Func<double> shock)
    {
        double level = Normal(random);
        return () => level = (0.95 * level) + shock();
    }

    private static Func<double> Drift(double step)
    {
        double level = 0;
        return () => level += step;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Cauchy(Random random) => Math.Tan(Math.PI * (random.NextDouble() - 0.5));
}
