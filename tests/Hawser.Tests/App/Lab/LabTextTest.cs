using Hawser.App.Lab;
using Hawser.App.Lab.Display;
using Hawser.App.Output;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabTextTest
{
    [Fact]
    public void A_summary_fits_in_100_columns()
    {
        LabResult result = LabFixture.Result();
        string[] lines = LabText.Of(result with { Warnings = [new string('w', 60) + " " + new string('x', 60)] })
            .Split('\n');

        Assert.All(lines, line => Assert.InRange(line.Length, 0, 100));
        Assert.Equal("warning: " + new string('w', 60), lines[0]);
        Assert.Equal("         " + new string('x', 60), lines[1]);
        Assert.Equal(["", "50 clients"], lines[2..4]);
        Assert.Matches("^ +round trips/s +interval +p50 +p99 +p99.9 +CPU/trip +memory$", lines[4]);
        Assert.Matches("^  epoll +202,500  200,000 to 205,000 .* 4.5 µs  40.0 MB$", lines[6]);
        Assert.StartsWith("  gone, \"really\"       1 failed", lines[7], StringComparison.Ordinal);
        Assert.Equal("  ratio to select  CPU per round trip     round trips/s", lines[8]);
        Assert.Equal("  epoll            1.00 (1.00 to 1.00) ≈  1.98 (1.95 to 2.00)", lines[9]);
        Assert.Equal("  no difference seen: 2 comparisons", lines[10]);
    }

    [Fact]
    public void The_text_of_one_round_warns_once_and_shows_no_interval()
    {
        string text = LabText.Of(LabFixture.OneRound());

        Assert.EndsWith("\n\nToo few rounds to tell a difference from chance: a verdict needs 6.\n", text,
            StringComparison.Ordinal);
        Assert.DoesNotContain(" to 100,000", text, StringComparison.Ordinal);
        Assert.DoesNotContain("no difference", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_columns_are_left_out_if_they_do_not_fit()
    {
        var task = new LabTask("hawser", "1 client", "true");
        Dictionary<string, double> figures =
            LabMetric.All.Where(metric => metric.IsOfTasks).ToDictionary(metric => metric.Name, _ => 1234.5);
        LabMeasurement[] measurements =
            [new LabMeasurement(1, 1, task.Variant, new LabFigures { Task = figures }, null)];
        LabResult result = LabFixture.OneRound() with
        {
            Measurements = measurements,
            Summaries = [LabSummary.Of(task.Variant, measurements, null)],
            Verdicts = [],
        };

        string[] lines = LabText.Of(result).Split('\n');

        Assert.Equal("1 client", lines[0]);
        Assert.Matches("^ +time +interval +CPU time ", lines[1]);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public void Nothing_measured_is_one_line() =>
        Assert.Equal("No measurements.\n", LabText.Of(LabFixture.Result() with { Measurements = [] }));

    [Fact]
    public void The_live_table_has_a_row_for_each_recent_variant_and_what_is_left()
    {
        LabResult result = LabFixture.Result();
        using var drawn = new StringWriter();

        Terminal.Over(drawn).Write(LabLiveTable.Draw(
            result, [LabFixture.Variant("select"), LabFixture.Variant("epoll")], "3 of 9, about 2 minutes left"));

        string[] lines = drawn.ToString().Split('\n');
        Assert.Contains(lines, line => line.Contains("variant", StringComparison.Ordinal)
            && line.Contains("round trips/s", StringComparison.Ordinal)
            && line.Contains("p99", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("epoll, 50 clients", StringComparison.Ordinal)
            && line.Contains("6 of 6", StringComparison.Ordinal) && line.Contains("202,500", StringComparison.Ordinal)
            && line.Contains("1.00 ms", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("3 of 9, about 2 minutes left", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("gone", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 100));
    }
}
