using System.Text.Json;
using Hawser.App.Lab;
using Hawser.Services.Measuring;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LoadReportTest
{
    [Fact]
    public void Histograms_of_two_loads_add_up_to_the_histogram_of_all_latencies()
    {
        var random = new Random(20261122);
        LatencyHistogram[] loads = [new(), new()];
        var all = new LatencyHistogram();
        for (int i = 0; i < 10_000; i++)
        {
            long ns = (long)Math.Exp(5 + (15 * random.NextDouble()));
            loads[i % 2].Record(ns);
            all.Record(ns);
        }

        var sum = new LatencyHistogram();
        foreach (LatencyHistogram load in loads)
            sum.Add(Parse(load).Latency);

        Assert.Equal(all.Buckets(), sum.Buckets());
        Assert.Equal((all.MinNs, all.MaxNs, all.Count), (sum.MinNs, sum.MaxNs, sum.Count));
        Assert.Equal(all.MeanNs, sum.MeanNs, all.MeanNs * 1e-9);
        Assert.All((double[])[0, 50, 99, 99.99, 100], percent =>
            Assert.Equal(all.PercentileNs(percent), sum.PercentileNs(percent)));
    }

    [Fact]
    public void Several_loads_merge_into_what_one_with_all_clients_would_report()
    {
        var latency = new LatencyHistogram();
        latency.Record(1000);
        double[][] shares = [[100, 200, 300], [50, 650]];

        var merged = LoadReport.Merge(
        [
            .. shares.Select(share => new LoadReport(
                new LabFigures
                {
                    Load = LabFixture.Figures(1).Load! with
                    {
                        RoundTrips = (long)share.Sum(),
                        JainIndex = Fairness.JainIndex(share),
                        SlowestClientRoundTrips = (long)share.Min(),
                        FastestClientRoundTrips = (long)share.Max(),
                        AnsweredClients = share.Length,
                    },
                }, latency)
            {
                Clients = share.Length,
            }),
        ]);

        LabLoadFigures load = merged.Figures.Load!;
        Assert.Equal((1300, 5, 50, 650, 2, 5), (load.RoundTrips, load.AnsweredClients, load.SlowestClientRoundTrips,
            load.FastestClientRoundTrips, merged.Latency.Count, merged.Clients));
        Assert.Equal(Fairness.JainIndex([.. shares[0], .. shares[1]]), load.JainIndex, 12);
    }

    [Fact]
    public void Clients_without_an_answer_in_a_burst_count_as_lost()
    {
        var connect = new LatencyHistogram();
        connect.Record(100);
        connect.Record(200);

        LabLoadFigures load = (new LoadReport(LabFixture.Figures(1), new LatencyHistogram())
        {
            Reached = 2,
            Connect = connect,
        }).AsBurst(clients: 5).Figures.Load!;

        Assert.Equal((3, 100, 200), (load.LostClients, load.ConnectP50Ns, load.ConnectP99Ns));
    }

    [Fact]
    public void A_histogram_that_contradicts_itself_is_refused()
    {
        var latency = new LatencyHistogram();
        latency.Record(1000);

        Assert.Throws<FormatException>(() => Parse(latency, count: 2));
    }

    private static LoadReport Parse(LatencyHistogram latency, long? count = null) => LoadReport.Parse(
        JsonSerializer.SerializeToElement(new Dictionary<string, object>
        {
            ["clients"] = 1,
            ["first_answer"] = new Dictionary<string, object> { ["count"] = 1 },
            ["connect"] = new Dictionary<string, object> { ["count"] = 0 },
            ["seconds"] = 3,
            ["round_trips"] = latency.Count,
            ["round_trips_per_second"] = latency.Count / 3.0,
            ["unanswered"] = 0,
            ["jain_index"] = 1,
            ["answered_clients"] = 1,
            ["slowest_client"] = 1,
            ["fastest_client"] = 1,
            ["load_cpu_share"] = 0.5,
            ["load_cpu_ns_per_round_trip"] = 1000,
            ["load_was_limit"] = false,
            ["latency"] = new Dictionary<string, object>
            {
                ["count"] = count ?? latency.Count,
                ["min_ns"] = latency.MinNs,
                ["p50_ns"] = latency.PercentileNs(50),
                ["p90_ns"] = latency.PercentileNs(90),
                ["p99_ns"] = latency.PercentileNs(99),
                ["p999_ns"] = latency.PercentileNs(99.9),
                ["max_ns"] = latency.MaxNs,
                ["mean_ns"] = latency.MeanNs,
                ["buckets"] = latency.Buckets()
                    .Select(bucket => (long[])[bucket.LowestNs, bucket.HighestNs, bucket.Count]),
            },
        }));
}
