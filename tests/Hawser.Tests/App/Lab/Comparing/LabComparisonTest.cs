using System.Text.Json;
using Hawser.App.Lab;
using Hawser.App.Lab.Exporters;
using Hawser.App.LoadReports;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab.Comparing;

public sealed class LabComparisonTest : IDisposable
{
    private const int Failed = 1;
    private const int Misused = 2;
    private const int Regressed = 5;

    private static readonly double[] Slow = [100, 101, 102, 103, 104, 105, 106, 107, 108];
    private static readonly double[] Fast = [110, 111, 112, 113, 114, 115, 116, 117, 118];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_ratio_interval_excluding_1_is_judged_better_or_worse()
    {
        LabComparison comparison = Compare(Result(("a", Slow), ("b", Fast)), Result(("a", Fast), ("b", Slow)));

        Assert.Equal(
            ["a: Better", "b: Worse"],
            Rates(comparison).Select(change => $"{change.Subject}: {change.Outcome}"));
        LabChange better = Rates(comparison)[0];
        Assert.Equal((104, 114), (better.Old, better.New));
        Assert.InRange(better.Ratio!.Value, better.Low!.Value, better.High!.Value);
        Assert.InRange(better.Low!.Value, 1.0000001, 1.1);
        // The figures of the fixture that do not depend on the rate.
        Assert.All(comparison.Changes.Except(Rates(comparison)), change =>
            Assert.Equal((LabOutcome.NoDifference, 1.0), (change.Outcome, change.Ratio)));
    }

    [Fact]
    public void More_of_a_latency_is_worse()
    {
        LabComparison comparison = Compare(Result(("a", Slow)), Slower());

        Assert.Equal(LabOutcome.Worse, comparison.Changes.Single(change => change.Metric == "latency_p99_ns").Outcome);

        static LabResult Slower()
        {
            LabResult result = Result(("a", Slow));
            return result with
            {
                Measurements = [.. result.Measurements.Select(measured =>
                    With(measured, measured.Figures!.Load! with { LatencyP99Ns = 5_000_000 }))],
            };
        }
    }

    [Fact]
    public void Overlapping_samples_show_no_difference()
    {
        double[] mixed = [100, 118, 102, 116, 104, 114, 106, 112, 108];

        Assert.Equal(LabOutcome.NoDifference, Rates(Compare(Result(("a", Slow)), Result(("a", mixed))))[0].Outcome);
    }

    [Fact]
    public void The_more_rows_the_more_rounds_a_difference_needs()
    {
        // 2 / C(8, 4) = 0.029: enough for one row of 0.05, not for one of four.
        LabChange change = Rates(Compare(Result(("a", Slow[..4])), Result(("a", Fast[..4]))))[0];

        Assert.Equal((LabOutcome.TooFewRounds, null), (change.Outcome, change.Ratio));
    }

    [Fact]
    public void If_nothing_changed_one_comparison_in_twenty_reports_any_difference()
    {
        var random = new Random(20261122);
        int differ = 0;
        for (int run = 0; run < 400; run++)
        {
            LabComparison comparison = Compare(
                Result([.. Enumerable.Range(0, 6).Select(index => ($"{index}", Noise()))]),
                Result([.. Enumerable.Range(0, 6).Select(index => ($"{index}", Noise()))]));
            if (comparison.Changes.Any(change => change.Outcome != LabOutcome.NoDifference))
                differ++;
        }

        Assert.InRange(differ / 400.0, 0, 0.08);

        double[] Noise() => [.. Slow.Select(_ => 100 * Math.Exp(Math.Tan(3.14 * (random.NextDouble() - 0.5)) / 20))];
    }

    [Fact]
    public void A_control_takes_out_what_affects_both()
    {
        LabResult slowMachine = Result(("control", Slow), ("a", Fast));
        LabResult fastMachine = Result(
            ("control", [.. Slow.Select(rate => 1.5 * rate)]), ("a", [.. Fast.Select(rate => 1.5 * rate)]));

        Assert.Equal(LabOutcome.Better, Rates(Compare(slowMachine, fastMachine))[1].Outcome);
        LabComparison controlled = Compare(slowMachine, fastMachine, "control");
        Assert.Equal(("a", LabOutcome.NoDifference), (Rates(controlled)[0].Subject, Rates(controlled)[0].Outcome));
        Assert.Equal(1, Rates(controlled)[0].Ratio!.Value, 9);
        Assert.Single(Rates(controlled));
    }

    [Fact]
    public void Latencies_are_not_comparable_when_a_client_had_no_round_trip()
    {
        LabResult result = Result(("a", Slow));
        LabResult unanswered = result with
        {
            Measurements = [.. result.Measurements.Select(measured =>
                With(measured, measured.Figures!.Load! with { SlowestClientRoundTrips = 0 }))],
        };

        Assert.Equal(
            LabOutcome.NotComparable,
            Compare(result, unanswered).Changes.Single(change => change.Metric == "latency_p99_ns").Outcome);
    }

    [Fact]
    public async Task A_regression_is_printed_in_a_table_of_100_columns_and_is_exit_code_5()
    {
        string old = Save("old", Result(("multi-select", Fast), ("b", Slow)));
        string young = Save("new", Result(("multi-select", Slow), ("b", Fast)));

        ProgramResult result = await ProgramProcess.RunAsync("lab", "compare", old, young);

        Assert.Equal((Regressed, ""), (result.ExitCode, result.Errors));
        string[] lines = result.Text.Split('\n');
        Assert.Equal("50 clients", lines[0]);
        // The leading metric first.
        Assert.Matches(@"^  multi-select  CPU per round trip +4.5 µs +4.5 µs +1.00 \(1.00 to 1.00\) +no difference$", lines[2]);
        Assert.Matches(@"^  multi-select  round trips/s +114 +104 +0\.91 \(0\.8\d to 0\.9\d\) +worse$", lines[3]);
        Assert.Equal("1 better, 1 worse, 6 without a difference seen", lines[^2]);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task Folders_of_several_scenarios_are_compared_scenario_by_scenario()
    {
        Save("old/exercise", Result(("a", Slow)));
        Save("old/gone", Result(("a", Slow)));
        Save("new/exercise", Result(("a", Fast)));

        ProgramResult result = await ProgramProcess.RunAsync(
            "lab", "compare", _folder["old"], _folder["new"], "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            $"WARNING: {_folder["old/gone/results.json"]} has no counterpart; not compared\n", result.Errors);
        JsonElement line = JsonDocument.Parse(result.Text).RootElement;
        JsonOutputTest.AssertIs("lab.compare", line);
        Assert.Equal("exercise", line.GetProperty("scenario").GetString());
        Assert.Equal("better", line.GetProperty("changes")[1].GetProperty("outcome").GetString());
    }

    [Fact]
    public void Results_of_which_agents_were_lost_are_named_with_the_missing_share()
    {
        LabResult whole = Result(("a", Slow));
        LabResult partial = whole with
        {
            Measurements = [.. LabFixture.WithLost([.. whole.Measurements], [new LostAgent("a:1", 10, 50, "gone")]),
                .. whole.Measurements.Skip(1)],
        };

        Assert.Equal(
            ["new: agents were lost in 1 of 9 measurements, and up to 20 % of the clients with them: "
                + "a:1 with 10 of 50 clients: gone (1 of 1)"],
            Compare(whole, partial).Warnings);
        Assert.StartsWith("old: agents were lost in 1 of 9 measurements", Assert.Single(Compare(partial, whole).Warnings),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lost_agents_that_were_written_read_the_same()
    {
        LabResult result = Result(("a", Slow));
        LabMeasurement[] lost =
            LabFixture.WithLost([result.Measurements[0]], [new LostAgent("a:1", 10, 50, "gone")]);

        LabResultFile read = Assert.Single(LabResultFile.ReadAll(Save("lost", result with { Measurements = lost })));

        Assert.Equal(lost[0].Figures!.Load!.LostAgents, read.Result.Measurements[0].Figures!.Load!.LostAgents);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_with_the_difference()
    {
        LabResult result = Result(("a", Slow));
        string here = Save("here", result);
        await IsRefused(result with { Machine = result.Machine with { Cores = 2 } },
            "the machine differs: 'a processor, 8 cores' in");
        await IsRefused(result with { SecondsPerMeasurement = 1 }, "the seconds of a measurement differs: '3' in");
        await IsRefused(result with { Machine = result.Machine with { Pinned = "none" } }, "the CPU pinning differs: ");
        await IsRefused(Result(("b", Slow)), "have no variant with figures in common");
        (await ProgramProcess.RunAsync("lab", "compare", here, here, "--control", "c"))
            .IsError(Misused, $"--control: {here}/results.json has no subject 'c'");
        (await ProgramProcess.RunAsync("lab", "compare", here, _folder["nowhere"]))
            .IsError(Failed, $"{_folder["nowhere"]}: no such file or folder");
        (await ProgramProcess.RunAsync("lab", "compare", here, _folder.Root))
            .IsError(Misused, "have no scenario in common");

        async Task IsRefused(LabResult other, string part) =>
            (await ProgramProcess.RunAsync("lab", "compare", here, Save("other", other))).IsError(Misused, part);
    }

    [Theory]
    [InlineData("nonsense", "not results of hawser lab")]
    [InlineData("{}", "not results of hawser lab")]
    [InlineData("""{ "schema": "hawser-lab/1" }""", "has schema 'hawser-lab/1', expected 'hawser-lab/3'; ")]
    [InlineData("""{ "schema": "hawser-lab/3" }""", "not results of hawser lab")]
    public async Task A_malformed_results_file_is_rejected_with_its_path(string text, string part)
    {
        string path = _folder.Write("results.json", System.Text.Encoding.UTF8.GetBytes(text));

        (await ProgramProcess.RunAsync("lab", "compare", path, path)).IsError(Failed, $"{path}: {part}");
    }

    [Fact]
    public void Results_that_were_written_read_the_same()
    {
        LabResult result = LabFixture.Result();
        string path = Save("fixture", result);

        LabResultFile read = Assert.Single(LabResultFile.ReadAll(path));

        Assert.Equal(new ResultsJson().Export(result), new ResultsJson().Export(read.Result));
    }

    private static LabComparison Compare(LabResult before, LabResult after, string? control = null) => LabComparison.Of(
        new LabResultFile("", "old", before), new LabResultFile("", "new", after), control);

    private static LabChange[] Rates(LabComparison comparison) =>
        [.. comparison.Changes.Where(change => change.Metric == "round_trips_per_second")];

    private string Save(string name, LabResult result)
    {
        Directory.CreateDirectory(_folder[name]);
        ExporterCatalog.Write(result, _folder[name]);
        return _folder[name];
    }

    private static LabMeasurement With(LabMeasurement measured, LabLoadFigures load) =>
        measured with { Figures = measured.Figures! with { Load = load } };

    private static LabResult Result(params (string Name, double[] Rates)[] subjects)
    {
        LabMeasurement[] measurements =
            [.. subjects.SelectMany(subject => LabFixture.Rounds(LabFixture.Variant(subject.Name), subject.Rates))];
        LabSummary[] summaries =
            [.. subjects.Select(subject => LabSummary.Of(LabFixture.Variant(subject.Name), measurements, null))];
        return LabFixture.Result() with { Measurements = measurements, Summaries = summaries, Verdicts = [] };
    }
}
