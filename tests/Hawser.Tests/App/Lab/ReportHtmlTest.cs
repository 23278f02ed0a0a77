using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hawser.App.Lab;
using Hawser.App.Lab.Exporters;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed partial class ReportHtmlTest
{
    private static readonly string Page = new ReportHtml().Export(LabFixture.Result());

    [Fact]
    public void The_page_references_no_external_resources()
    {
        Assert.DoesNotContain("<script", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_picture_is_sound_and_says_what_it_shows()
    {
        string[] pictures = [.. Picture().Matches(Page).Select(match => match.Value)];

        // Throughput and latency of the one setting.
        Assert.Equal(2, pictures.Length);
        Assert.All(pictures, picture =>
        {
            XElement svg = XElement.Parse(picture);
            Assert.Contains("50 clients", (string?)svg.Attribute("aria-label"), StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", picture, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Names_and_errors_are_text_and_never_markup()
    {
        Assert.Contains("something &lt;b&gt;is&lt;/b&gt; odd", Page, StringComparison.Ordinal);
        Assert.Contains("gone, &quot;really&quot;", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_are_not_broken_at_their_hyphens() =>
        Assert.Contains("<span class=\"option\">--models</span>", Page, StringComparison.Ordinal);

    [Fact]
    public void Verdicts_stand_in_a_table_of_row_by_column()
    {
        const string words = "epoll has 1.98 times (1.95 to 2.00) the round trips/s of select";
        Assert.Contains($"class=\"better\" title=\"{words}\">1.98<", Page, StringComparison.Ordinal);
        Assert.Contains($"class=\"worse\" title=\"{words}\">0.51<", Page, StringComparison.Ordinal);
        Assert.Contains(
            "class=\"same\" title=\"no difference seen: 1.00 (1.00 to 1.00)\">≈<", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_numbers_of_clients_are_a_curve_and_hindrances_a_picture_of_their_own()
    {
        LabSetting[] settings = [new(1), new(50), new(1, 200), new(50, 200), new(50, 0, "1=5ms")];
        LabMeasurement[] measurements =
        [
            .. from setting in settings
               from round in Enumerable.Range(1, 4)
               let variant = LabFixture.Variant("select") with { Setting = setting }
               select new LabMeasurement(round, 1, variant, LabFixture.Figures(1000 + round), null),
        ];
        LabSummary[] summaries =
        [
            .. settings.Select(setting =>
                LabSummary.Of(LabFixture.Variant("select") with { Setting = setting }, measurements, null)),
        ];

        string page = new ReportHtml().Export(
            LabFixture.Result() with { Measurements = measurements, Summaries = summaries, Verdicts = [] });

        Assert.Contains("<h3>1 to 50 clients</h3>", page, StringComparison.Ordinal);
        Assert.Contains("<h3>1 to 50 clients, 200 &#181;s of work</h3>", page, StringComparison.Ordinal);
        Assert.Contains("Head-of-line blocking", page, StringComparison.Ordinal);
        Assert.Contains(">select, undisturbed<", page, StringComparison.Ordinal);
        Assert.Contains(">select, client 1 slow by 5ms<", page, StringComparison.Ordinal);
        Assert.All(Picture().Matches(page), match => XElement.Parse(match.Value));
    }

    [Fact]
    public void The_floor_is_a_line_across_the_bars_and_no_row()
    {
        LabVariant floor = new(new LabSubject("floor", null, null, "lab/floor {port}", "echo"), LabFixture.Fifty);
        LabMeasurement[] measurements =
            [.. LabFixture.Rounds(LabFixture.Variant("epoll"), 100, 101), .. LabFixture.Rounds(floor, 200, 201)];
        LabSummary[] summaries =
            [.. ((LabVariant[])[LabFixture.Variant("epoll"), floor]).Select(v => LabSummary.Of(v, measurements, null))];

        string page = new ReportHtml().Export(
            LabFixture.Result() with { Measurements = measurements, Summaries = summaries, Verdicts = [] });

        string bars = Assert.Single(Picture().Matches(page).Select(match => match.Value));
        Assert.Contains("class=\"level floor\"", bars, StringComparison.Ordinal);
        Assert.Contains(">epoll<", bars, StringComparison.Ordinal);
        Assert.DoesNotContain(">floor<", bars, StringComparison.Ordinal);
        Assert.Contains("<span class=\"floor\"><i></i>floor</span>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_lead_to_every_section()
    {
        string[] targets = [.. Target().Matches(Page).Select(match => match.Groups[1].Value)];

        Assert.Equal(["throughput", "latency", "figures"], targets);
        Assert.All(targets, target => Assert.Contains($"<h2 id=\"{target}\">", Page, StringComparison.Ordinal));
    }

    [Fact]
    public void One_round_yields_neither_ranges_nor_a_verdict_matrix()
    {
        string page = new ReportHtml().Export(LabFixture.OneRound());

        Assert.DoesNotContain("class=\"matrix\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<small>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"whisker\"", page, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(page, "Too few rounds"));
    }

    [Fact]
    public void A_percentile_axis_ends_where_the_data_ends()
    {
        LabResult result = LabFixture.Result();
        LabSummary[] shorter =
        [
            .. result.Summaries.Select(summary => summary with
            {
                LatencyCurve = [.. summary.LatencyCurve.Where(point => point.Percent <= 99)],
            }),
        ];

        Assert.Contains(">99.99 %<", Page, StringComparison.Ordinal);
        string page = new ReportHtml().Export(result with { Summaries = shorter });
        Assert.Contains(">99 %<", page, StringComparison.Ordinal);
        Assert.DoesNotContain(">99.9 %<", page, StringComparison.Ordinal);
    }

    [Fact]
    public void An_earlier_run_and_goals_have_sections_of_their_own()
    {
        LabResult result = LabFixture.Result();
        var file = new LabResultFile("", "earlier/results.json", result);

        string page = new ReportHtml().Export(result with
        {
            Baseline = LabComparison.Of(file, file, control: null),
            Goals = [new LabGoal("epoll", "select", "round_trips_per_second", null, 1.5, null)],
        });

        Assert.Contains("0 better, 0 worse, 8 without a difference seen, compared with earlier/results.json", page,
            StringComparison.Ordinal);
        Assert.Contains("<td>epoll: at least 1.50 times the round trips/s of select</td><td>50 clients</td>"
            + "<td>1.98</td><td>1.95 to 2.00</td><td class=\"better\">reached</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_anything_is_measured_there_is_a_page_already()
    {
        LabResult result = LabFixture.Result();
        LabSummary[] empty = [.. result.Summaries.Select(summary => LabSummary.Of(summary.Variant, [], null))];

        string page = new ReportHtml().Export(
            result with { Measurements = [], Summaries = empty, Verdicts = [], IsComplete = false });

        Assert.Contains("not complete", page, StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Picture();

    [GeneratedRegex("<li><a href=\"#(.*?)\">")]
    private static partial Regex Target();
}
