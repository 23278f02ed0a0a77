using System.Net;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

public sealed class PingLoadReportTest
{
    private static readonly PingLoadOptions Four = new()
    {
        Servers = [new IPEndPoint(IPAddress.Loopback, 1)],
        Clients = 4,
    };

    [Fact]
    public void Fairness_includes_clients_that_got_nothing()
    {
        PingLoadReport report = Report((0, 30), (2, 10));

        Assert.Equal(1600.0 / (4 * 1000), report.JainIndex, 12);
        Assert.Equal((0, 30), (report.Slowest, report.Fastest));
        Assert.Equal(2, report.AnsweredClients);
    }

    [Fact]
    public void Equal_shares_are_perfectly_fair() =>
        Assert.Equal(1, Report((0, 7), (1, 7), (2, 7), (3, 7)).JainIndex, 12);

    [Fact]
    public void The_rate_is_what_was_measured_by_the_time_it_took()
    {
        PingLoadReport report = Report((0, 30), (2, 10));

        Assert.Equal(40, report.RoundTrips);
        Assert.Equal(20, report.Rate);
    }

    [Fact]
    public void The_loads_own_cost_is_shared_among_the_round_trips()
    {
        var tally = new PingTally();
        tally.Latency.Record(1000, 40);

        // Two loops, half busy for two seconds.
        Assert.Equal(TimeSpan.FromMilliseconds(50),
            new PingLoadReport(Four with { Loops = 2 }, tally, TimeSpan.FromSeconds(2), cpuShare: 0.5).CpuPerRoundTrip);
        Assert.Equal(TimeSpan.Zero,
            new PingLoadReport(Four, new PingTally(), TimeSpan.FromSeconds(2), cpuShare: 0.5).CpuPerRoundTrip);
    }

    [Theory]
    [InlineData(0.9, false)]
    [InlineData(0.91, true)]
    public void A_load_client_that_is_busy_all_the_time_is_its_own_limit(double cpuShare, bool wasLimit) =>
        Assert.Equal(wasLimit,
            new PingLoadReport(Four, new PingTally(), TimeSpan.FromSeconds(1), cpuShare).WasItsOwnLimit);

    [Fact]
    public void Tallies_of_several_loops_add_up()
    {
        var one = new PingTally { Connected = 1, Failed = 1, Unanswered = 2, FirstError = "one" };
        one.Latency.Record(5);
        one.RoundTrips[0] = 1;
        var other = new PingTally { Connected = 2, Unanswered = 3, FirstError = "other" };
        other.Latency.Record(7);
        other.RoundTrips[1] = 4;

        one.Add(other);

        Assert.Equal((3, 1, 5, "one"), (one.Connected, one.Failed, one.Unanswered, one.FirstError));
        Assert.Equal((2, 7), (one.Latency.Count, one.Latency.MaxNs));
        Assert.Equal([(0, 1), (1, 4)],
            one.RoundTrips.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value)));
    }

    [Fact]
    public void Reports_of_shares_merge_into_that_of_one_load_with_all_clients()
    {
        PingLoadOptions whole = Four with { Clients = 5, Rate = 50 };
        long[] roundTrips = [100, 200, 300, 0, 650];
        PingLoadReport all = ReportOf(whole);

        var merged = PingLoadReport.Merge([.. Enumerable.Range(0, 3).Select(index => ReportOf(whole.Share(index, 3)))]);

        Assert.Equal((5, 50.0), (merged.Options.Clients, merged.Options.Rate));
        Assert.Equal((1250, 5, 4), (merged.RoundTrips, merged.Connect.Count, merged.AnsweredClients));
        Assert.Equal((0, 650), (merged.Slowest, merged.Fastest));
        Assert.Equal(all.JainIndex, merged.JainIndex, 12);
        Assert.Equal(all.Rate, merged.Rate, 9);
        Assert.Equal(all.CpuPerRoundTrip, merged.CpuPerRoundTrip);
        Assert.Equal((15, 3, "client #0"), (merged.Unanswered, merged.Failed, merged.FirstError));
        Assert.Equal(all.Latency.Buckets(), merged.Latency.Buckets());
        Assert.Equal(all.ServiceTime.Buckets(), merged.ServiceTime.Buckets());
        Assert.Equal(all.FirstAnswer.Buckets(), merged.FirstAnswer.Buckets());

        PingLoadReport ReportOf(PingLoadOptions load)
        {
            var tally = new PingTally { Unanswered = 5, Failed = 1, FirstError = $"client #{load.FirstClient}" };
            for (int client = 0; client < load.Clients; client++)
            {
                int id = load.FirstClient + client;
                tally.RoundTrips[client] = roundTrips[id];
                tally.Latency.Record(1000 * (id + 1), roundTrips[id]);
                tally.ServiceTime.Record(900 * (id + 1), roundTrips[id]);
                tally.FirstAnswer.Record(5000 * (id + 1));
                tally.Connect.Record(1);
            }
            return new PingLoadReport(load with { Loops = 1 }, tally, TimeSpan.FromSeconds(2),
                cpuShare: load.Clients / 5.0 * 0.5);
        }
    }

    [Fact]
    public void Reports_without_a_round_trip_merge()
    {
        var nothing = new PingLoadReport(Four);

        Assert.Equal((0, 1, 0), (PingLoadReport.Merge([nothing, nothing]) is var merged ? merged.RoundTrips : -1,
            merged.JainIndex, merged.Rate));
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(4, 4)]
    [InlineData(7, 1)]
    public void Shares_cover_every_client_once_with_its_server_and_its_rate(int clients, int processes)
    {
        PingLoadOptions whole = Four with
        {
            Servers = [new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2),
                new IPEndPoint(IPAddress.Loopback, 3)],
            Clients = clients,
            Rate = 1000,
        };

        PingLoadOptions[] shares = [.. Enumerable.Range(0, processes).Select(index => whole.Share(index, processes))];

        Assert.Equal(
            Enumerable.Range(0, clients).Select(client => (client, whole.ServerOf(client))),
            shares.SelectMany(share => Enumerable.Range(0, share.Clients)
                .Select(client => (share.FirstClient + client, share.ServerOf(client)))));
        Assert.All(shares, share => Assert.Equal(1000.0 / clients, share.Rate!.Value / share.Clients, 9));
        Assert.Equal(shares.Select(share => share.Clients).OrderDescending(), shares.Select(share => share.Clients));
        Assert.InRange(shares[0].Clients - shares[^1].Clients, 0, 1);
    }

    private static PingLoadReport Report(params (int Client, long RoundTrips)[] shares)
    {
        var tally = new PingTally();
        foreach ((int client, long roundTrips) in shares)
        {
            tally.RoundTrips[client] = roundTrips;
            tally.Latency.Record(1000, roundTrips);
        }
        return new PingLoadReport(Four, tally, TimeSpan.FromSeconds(2), cpuShare: 0);
    }
}
