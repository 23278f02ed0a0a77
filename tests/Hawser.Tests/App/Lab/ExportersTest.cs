using System.Text.Json;
using Hawser.App.Lab;
using Hawser.App.Lab.Exporters;
using Hawser.App.LoadReports;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class ExportersTest
{
    private static readonly LabResult Result = LabFixture.Result();

    [Fact]
    public void The_json_keeps_to_its_schema()
    {
        using JsonDocument schema = JsonDocument.Parse(
            File.ReadAllBytes(ProgramRepository.PathOf("lab", "results.schema.json")));
        LabMeasurement[] lost =
            LabFixture.WithLost([Result.Measurements[0]], [new LostAgent("host:1", 25, 50, "gone")]);
        using JsonDocument json = JsonDocument.Parse(new ResultsJson().Export(
            Result with { Measurements = [.. lost, .. Result.Measurements.Skip(1)] }));

        Assert.Empty(JsonSchemaCheck.Violations(schema.RootElement, json.RootElement));
        Assert.Equal(13, json.RootElement.GetProperty("measurements").GetArrayLength());
    }

    [Fact]
    public void The_schema_does_not_take_just_anything()
    {
        using JsonDocument schema = JsonDocument.Parse(
            File.ReadAllBytes(ProgramRepository.PathOf("lab", "results.schema.json")));
        string text = new ResultsJson().Export(Result)
            .Replace("\"seed\"", "\"sead\"", StringComparison.Ordinal)
            .Replace("\"cores\": 8", "\"cores\": 0.5", StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(text);

        Assert.Equal(
            ["$ has no seed", "$.machine.cores is less than 1", "$.machine.cores is no integer",
                "$.sead is not in the schema"],
            JsonSchemaCheck.Violations(schema.RootElement, json.RootElement).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_csv_has_a_line_per_measurement_and_quotes_what_needs_it()
    {
        string[] lines = new ResultsCsv().Export(Result).Split('\n');

        Assert.Equal(15, lines.Length);
        Assert.StartsWith(
            "round,place,subject,clients,work_microseconds,slow_client,idle,scheduled_per_second,pipeline,churn,burst,",
            lines[0], StringComparison.Ordinal);
        Assert.Equal(
            "1,1,select,50,0,,0,,1,0,0,,0,,100000,100000,200000,1000000,2000000,3000000,50,0,4.5,0.9,0.25,12,40000000,,,0.99,"
            + "0.5,,,,,,,,,,,,,,,,,,,,,0,0.02,1.5,3000",
            lines[1]);
        Assert.Equal(
            "1,3,\"gone, \"\"really\"\"\",50,0,,0,,1,0,0,,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\"refused, \"\"as expected\"\"\",,,,,", lines[13]);
        Assert.Equal("", lines[14]);
    }

    [Fact]
    public void The_summary_has_a_table_and_the_verdicts()
    {
        string text = new SummaryMarkdown().Export(Result);

        Assert.Contains("- Taken on 2026-01-02 03:04 UTC\n", text, StringComparison.Ordinal);
        Assert.Contains("- something <b>is</b> odd\n", text, StringComparison.Ordinal);
        Assert.Contains("\n## 50 clients\n", text, StringComparison.Ordinal);
        Assert.Contains("| 102,500 (100,000 to 105,000) |", text, StringComparison.Ordinal);
        Assert.Contains("\n| ratio to select | CPU per round trip | round trips/s |\n|---|--:|--:|\n"
            + "| epoll | 1.00 (1.00 to 1.00) ≈ | 1.98 (1.95 to 2.00) |\n", text, StringComparison.Ordinal);
        Assert.Contains("\n- p99: no difference seen between select and epoll at 1.00 (1.00 to 1.00)\n", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_leaves_out_columns_without_a_figure()
    {
        LabResult noCpu = Result with
        {
            Verdicts = [],
            Summaries = [.. Result.Summaries.Select(summary => summary with
            {
                Metrics = summary.Metrics.Where(metric => metric.Key != "server_cpu_us_per_round_trip").ToDictionary(),
            })],
        };

        Assert.Contains("CPU per round trip |", new SummaryMarkdown().Export(Result), StringComparison.Ordinal);
        Assert.DoesNotContain("CPU per round trip |", new SummaryMarkdown().Export(noCpu), StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_of_one_round_warns_once_and_shows_no_range()
    {
        string text = new SummaryMarkdown().Export(LabFixture.OneRound());

        Assert.Contains(" 100,000 |", text, StringComparison.Ordinal);
        Assert.Contains("\nToo few rounds to tell a difference from chance: a verdict needs 6.\n", text,
            StringComparison.Ordinal);
        Assert.DoesNotContain(LabVerdict.TooFewRounds, text, StringComparison.Ordinal);
        Assert.DoesNotContain("(100,000", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_of_no_measurement_is_one_line() => Assert.Equal(
        "No measurements.\n", new SummaryMarkdown().Export(Result with { Measurements = [] }));

    [Fact]
    public void All_files_are_written_whole_and_nothing_else_is_left()
    {
        string folder = Directory.CreateTempSubdirectory("hawser-lab-").FullName;
        try
        {
            ExporterCatalog.Write(Result, folder);
            ExporterCatalog.Write(Result, folder);

            Assert.Equal(
                ExporterCatalog.All.Select(exporter => exporter.FileName).Order(),
                Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order());
            Assert.All(ExporterCatalog.All, exporter =>
                Assert.Equal(exporter.Export(Result), File.ReadAllText(Path.Combine(folder, exporter.FileName))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
