using Hawser.App.Lab;
using Hawser.App.Lab.Display;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabProgressTest
{
    // 2 rounds of 2 variants; each plans 3 s, 1 s of warm-up and a ramp of 25 ms.
    private readonly LabProgress _progress = new(new LabOptions
    {
        Subjects = [LabFixture.Variant("a").Subject, LabFixture.Variant("b").Subject],
        Settings = [LabFixture.Fifty],
        Rounds = 2,
        Command = "",
    }, ownStart: TimeSpan.FromSeconds(0.1));

    [Fact]
    public void The_estimate_covers_measurements_and_startup() =>
        Assert.Equal(4 * (4.025 + 0.4), _progress.Estimate.TotalSeconds, 6);

    [Fact]
    public void Remaining_time_is_extrapolated_from_finished_measurements()
    {
        Assert.Equal(_progress.Estimate, _progress.Left(TimeSpan.Zero));

        Add(1, 1, "a", seconds: 6);

        Assert.Equal((1, 4), (_progress.Done, _progress.Total));
        Assert.Equal(3 * 6, _progress.Left(TimeSpan.FromSeconds(6)).TotalSeconds, 6);
        Assert.Equal((3 * 6) - 2, _progress.Left(TimeSpan.FromSeconds(8)).TotalSeconds, 6);
    }

    [Fact]
    public void A_repeat_adds_to_the_total()
    {
        Add(1, 1, "a");
        Add(1, 1, "a");

        Assert.Equal((2, 5), (_progress.Done, _progress.Total));
    }

    [Fact]
    public void A_started_extra_round_adds_to_the_total()
    {
        for (int round = 1; round <= 3; round++)
            Add(round, 1, "a");

        Assert.Equal((3, 6), (_progress.Rounds, _progress.Total));
    }

    [Fact]
    public void No_time_is_left_at_the_end()
    {
        foreach (int round in (int[])[1, 2])
        {
            Add(round, 1, "a");
            Add(round, 2, "b");
        }

        Assert.Equal(TimeSpan.Zero, _progress.Left(TimeSpan.FromSeconds(10)));
    }

    private void Add(int round, int place, string name, double seconds = 0) => _progress.Add(
        new LabMeasurement(round, place, LabFixture.Variant(name), LabFixture.Figures(1), null),
        TimeSpan.FromSeconds(seconds));
}
