using System.Diagnostics.Metrics;
using Hawser.App.Metrics;
using Xunit;

namespace Hawser.Tests.App.Metrics;

public sealed class PrometheusExporterTest : IDisposable
{
    private readonly Meter _one = new(new MeterOptions("test") { Tags = [new("hawser.service", "ping")] });
    private readonly Meter _two = new(new MeterOptions("test") { Tags = [new("hawser.service", "upload")] });
    private readonly PrometheusExporter _exporter;

    public PrometheusExporterTest() => _exporter = new PrometheusExporter(meter => meter == _one || meter == _two);

    public void Dispose()
    {
        _exporter.Dispose();
        _one.Dispose();
        _two.Dispose();
    }

    [Fact]
    public void Instruments_of_several_meters_share_one_metric()
    {
        _one.CreateObservableCounter("a.b_c", () => 3L, "{thing}", "Things\nof \\ a kind.");
        _two.CreateObservableCounter("a.b_c", () => 4L, "{thing}", "Things\nof \\ a kind.");

        Assert.Equal("""
            # HELP a_b_c_total Things\nof \\ a kind.
            # TYPE a_b_c_total counter
            a_b_c_total{hawser_service="ping"} 3
            a_b_c_total{hawser_service="upload"} 4

            """, _exporter.Render());
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_a_sum_and_a_count()
    {
        Histogram<double> time = _one.CreateHistogram("time", "s", "How long.", null, new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.5, 1],
        });
        foreach (double value in (double[])[0.25, 0.5, 0.75, 8])
            time.Record(value, new KeyValuePair<string, object?>("error.type", "a \"b\" \\ c\n"));

        string labels = """hawser_service="ping",error_type="a \"b\" \\ c\n" """.TrimEnd();
        Assert.Equal($$"""
            # HELP time_seconds How long.
            # TYPE time_seconds histogram
            time_seconds_bucket{{{labels}},le="0.5"} 2
            time_seconds_bucket{{{labels}},le="1"} 3
            time_seconds_bucket{{{labels}},le="+Inf"} 4
            time_seconds_sum{{{labels}}} 9.5
            time_seconds_count{{{labels}}} 4

            """, _exporter.Render());
    }

    [Fact]
    public void Counters_add_up_and_gauges_show_the_last_value()
    {
        Counter<long> bytes = _one.CreateCounter<long>("io", "By");
        int level = 5;
        _one.CreateObservableUpDownCounter("level", () => level, "{x}");

        Assert.Contains("io_bytes_total{hawser_service=\"ping\"} 0\n", _exporter.Render(), StringComparison.Ordinal);
        bytes.Add(2);
        bytes.Add(3);
        level = -7;
        string text = _exporter.Render();
        Assert.Contains("# TYPE io_bytes_total counter\nio_bytes_total{hawser_service=\"ping\"} 5\n", text,
            StringComparison.Ordinal);
        Assert.Contains("# TYPE level gauge\nlevel{hawser_service=\"ping\"} -7\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gauge_keeps_its_last_value()
    {
        Gauge<long> gauge = _one.CreateGauge<long>("depth");
        gauge.Record(2);
        gauge.Record(3);
        _exporter.Render();

        Assert.Contains("# TYPE depth gauge\ndepth{hawser_service=\"ping\"} 3\n", _exporter.Render(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_finds_its_series_whichever_object_holds_it()
    {
        Counter<long> turns = _one.CreateCounter<long>("turns");
        KeyValuePair<string, object?>[] loops = [.. Enumerable.Range(1, 12).Select(LoopTag)];
        for (int i = 0; i < 3; i++)
        {
            foreach ((int index, KeyValuePair<string, object?> loop) in loops.Index())
                turns.Add(index, loop);
        }
        turns.Add(1, LoopTag(12));
        turns.Add(5);
        turns.Add(5);
        turns.Add(7, new KeyValuePair<string, object?>("reason", loops[0].Value));

        string text = _exporter.Render();

        Assert.All(loops.Index(), loop => Assert.Contains(
            $"loop=\"{loop.Index + 1}\"}} {(loop.Index * 3) + (loop.Index == 11 ? 1 : 0)}\n", text, StringComparison.Ordinal));
        Assert.Contains("turns_total{hawser_service=\"ping\"} 10\n", text, StringComparison.Ordinal);
        Assert.Contains("reason=\"1\"} 7\n", text, StringComparison.Ordinal);

        static KeyValuePair<string, object?> LoopTag(int number) => new("loop", number);
    }

    [Fact]
    public void A_series_that_is_not_reported_any_more_leaves()
    {
        string[] loops = ["a", "b"];
        _one.CreateObservableCounter("turns", () => loops.Select(loop =>
            new Measurement<long>(7, new KeyValuePair<string, object?>("loop", loop))));
        Assert.Contains("loop=\"b\"", _exporter.Render(), StringComparison.Ordinal);
        loops = ["a"];

        string text = _exporter.Render();

        Assert.Contains("loop=\"a\"} 7\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("loop=\"b\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_instrument_leaves_with_its_meter_and_series_are_bounded()
    {
        Counter<long> counter = _one.CreateCounter<long>("many");
        for (int i = 0; i < 2_000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("i", i));
        Assert.Equal(1_002, _exporter.Render().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        _one.Dispose();
        Assert.Equal("", _exporter.Render());
    }

    [Fact]
    public void Counting_from_several_threads_loses_nothing()
    {
        Counter<long> counter = _one.CreateCounter<long>("races");
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 10_000; i++)
                counter.Add(1);
        });

        Assert.Contains(" 40000\n", _exporter.Render(), StringComparison.Ordinal);
    }
}
