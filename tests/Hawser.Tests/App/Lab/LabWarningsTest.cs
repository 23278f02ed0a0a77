using Hawser.App.Lab;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Processes;
using Hawser.App.LoadReports;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabWarningsTest
{
    private static readonly LabVariant Variant = LabFixture.Variant("select");
    private static readonly LabMachine Calm = new("", 8, "", "", "", 0.1, "");
    private static readonly CpuPinning Pinned = CpuPinning.Split([0, 1]);

    private static readonly LabOptions Long = new()
    {
        Subjects = [Variant.Subject],
        Settings = [Variant.Setting],
        Command = "",
    };

    [Fact]
    public void A_long_lab_on_a_quiet_machine_has_no_warnings() => Assert.Empty(LabWarnings.Before(Long, Calm, Pinned));

    [Fact]
    public void Short_measurements_few_rounds_a_busy_machine_and_shared_cores_are_warned_of()
    {
        LabOptions options = Long with { Duration = TimeSpan.FromSeconds(0.5), Rounds = 3 };

        string[] warnings = [.. LabWarnings.Before(options, Calm with { LoadAverage = 7.5 }, CpuPinning.Split([0]))];

        Assert.Collection(
            warnings,
            warning => Assert.StartsWith("measurements of 0.5 s are short", warning, StringComparison.Ordinal),
            warning => Assert.StartsWith("too few rounds (3)", warning, StringComparison.Ordinal),
            warning => Assert.Contains("load average was 7.5", warning, StringComparison.Ordinal),
            warning => Assert.Contains("server and load share cores", warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5, "too few rounds (5) to tell a difference from chance; use --rounds 9 or more")]
    [InlineData(6, "few rounds (6): a single disturbed round can hide a difference; use --rounds 9 or more")]
    [InlineData(8, "few rounds (8): ")]
    public void Fewer_than_nine_rounds_cause_one_warning(int rounds, string warning) => Assert.StartsWith(
        warning, Assert.Single(LabWarnings.Before(Long with { Rounds = rounds }, Calm, Pinned)),
        StringComparison.Ordinal);

    [Fact]
    public void Steady_measurements_have_no_warnings() =>
        Assert.Empty(Of([.. LabFixture.Rounds(Variant, 100_000, 101_000, 102_000)]));

    [Fact]
    public void A_large_spread_between_rounds_is_warned_of() => Assert.Equal(
        "select, 50 clients: throughput varies between rounds by 20 % of the median",
        Assert.Single(Of([.. LabFixture.Rounds(Variant, 90_000, 100_000, 110_000)])));

    [Fact]
    public void A_saturated_load_generator_is_warned_of() => Assert.Contains(
        "load was at its limit",
        Assert.Single(Of([new(1, 1, Variant, LabFixture.Figures(100_000, loadWasLimit: true), null)])),
            StringComparison.Ordinal);

    [Fact]
    public void Clients_without_answers_are_warned_of() => Assert.Contains(
        "some clients received no answer",
        Assert.Single(Of([new(1, 1, Variant, LabFixture.Figures(100_000, slowest: 0), null)])),
            StringComparison.Ordinal);

    [Fact]
    public void Unanswered_pings_are_warned_of() => Assert.Equal(
        "select, 50 clients: up to 25 % of the pings unanswered; latency covers the others only",
        Assert.Single(Of([new(1, 1, Variant, LabFixture.Figures(100_000, unanswered: 100_000), null)])));

    [Fact]
    public void Lost_agents_are_warned_of()
    {
        LabMeasurement[] rounds = LabFixture.WithLost(
            [.. LabFixture.Rounds(Variant, 100_000, 100_000, 100_000)],
            [],
            [new LostAgent("a:1", 20, 50, "killed"), new LostAgent("b:1", 10, 50, "gone")],
            [new LostAgent("a:1", 20, 50, "silent")]);

        Assert.Equal(
            "select, 50 clients: agents were lost in 2 of 3 rounds, and up to 60 % of the clients with them: "
            + "a:1 with 20 of 50 clients: silent (2 of 2); b:1 with 10 of 50 clients: gone (1 of 2)",
            Assert.Single(Of(rounds)));
    }

    [Fact]
    public void Too_few_round_trips_for_a_percentile_are_warned_of() => Assert.Equal(
        "select, 50 clients: only 3,000 round trips in a round; p99.9 rests on 3 of them",
        Assert.Single(Of([new(1, 1, Variant, LabFixture.Figures(1000), null)])));

    [Fact]
    public void A_failed_measurement_is_warned_of_with_its_reason() => Assert.Equal(
        "select, 50 clients: 1 of 2 measurements failed, first: it broke",
        Assert.Single(Of([.. LabFixture.Rounds(Variant, 100_000), new(2, 1, Variant, null, "it broke")])));

    private static IEnumerable<string> Of(LabMeasurement[] measurements) =>
        LabWarnings.Of(LabSummary.Of(Variant, measurements, null), measurements);
}
