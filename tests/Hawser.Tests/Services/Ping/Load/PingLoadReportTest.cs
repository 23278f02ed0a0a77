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
    public void Fairness_counts_those_who_got_nothing()
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
    public void Loops_are_added_up()
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
