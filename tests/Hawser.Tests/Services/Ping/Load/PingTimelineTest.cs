using System.Diagnostics;
using System.Net;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

public sealed class PingTimelineTest
{
    private const long Start = 1_000_000_007;

    private static readonly PingLoadOptions Options = new()
    {
        Servers = [new IPEndPoint(IPAddress.Loopback, 1)],
        Clients = 7,
        Ramp = TimeSpan.FromSeconds(2),
        WarmUp = TimeSpan.FromSeconds(1),
        Duration = TimeSpan.FromSeconds(3),
        Rate = 700,
    };

    [Fact]
    public void The_pings_of_all_clients_together_come_at_equal_distances()
    {
        PingTimeline timeline = Connected();
        long[] moments =
        [
            .. from client in Enumerable.Range(0, 7)
               from n in Enumerable.Range(0, 500)
               let moment = timeline.PingAt(client, n)
               orderby moment
               select moment,
        ];

        double distance = Stopwatch.Frequency / 700.0;
        Assert.Equal(timeline.LoadBegins, moments[0]);
        // Each moment is cut to a whole tick, the distances are not added up: the error does not grow.
        for (int i = 0; i < moments.Length; i++)
            Assert.InRange(moments[i] - timeline.LoadBegins - (i * distance), -2, 1);
    }

    [Theory]
    [InlineData(700)]
    [InlineData(1e9)]
    [InlineData(0.01)]
    public void The_first_ping_at_a_moment_is_found_without_counting(double rate)
    {
        var timeline = new PingTimeline(Options with { Rate = rate }, Start);
        timeline.BeginLoad(Start);
        foreach (long moment in (long[])[timeline.LoadBegins, timeline.Begin, timeline.Begin + 12_345, timeline.End])
        {
            long n = timeline.FirstAt(3, moment);
            Assert.True(timeline.PingAt(3, n) >= moment);
            Assert.True(n == 0 || timeline.PingAt(3, n - 1) < moment);
        }
    }

    [Fact]
    public void A_rate_so_low_that_no_ping_is_ever_due_does_not_overflow()
    {
        var timeline = new PingTimeline(Options with { Rate = 1e-300 }, Start);
        timeline.BeginLoad(Start);

        Assert.Equal(timeline.LoadBegins, timeline.PingAt(0, 0));
        Assert.All([1, 2, 1_000_000], n => Assert.True(timeline.PingAt(6, n) > timeline.End));
        Assert.Equal(1, timeline.FirstAt(0, timeline.End));
    }

    [Fact]
    public void Pipelines_come_as_much_rarer_as_they_have_pings()
    {
        var timeline = new PingTimeline(Options with { Pipeline = 5 }, Start);

        Assert.Equal(5 * Stopwatch.Frequency / 700.0, timeline.PingAt(1, 0) - timeline.PingAt(0, 0), 1.0);
        Assert.Equal(5 * 7 * Stopwatch.Frequency / 700.0, timeline.PingAt(3, 1) - timeline.PingAt(3, 0), 1.0);
    }

    [Fact]
    public void Connections_are_opened_at_equal_distances_along_the_ramp()
    {
        var timeline = new PingTimeline(Options, Start);
        long[] moments = [.. Enumerable.Range(0, 7).Select(timeline.ConnectAt)];

        Assert.Equal(Start, moments[0]);
        Assert.True(moments[^1] < Start + (2 * Stopwatch.Frequency));
        for (int i = 1; i < 7; i++)
            Assert.InRange(moments[i] - moments[i - 1] - (2.0 * Stopwatch.Frequency / 7), -1, 1);
    }

    [Fact]
    public void Ramp_and_warm_up_come_before_what_is_measured()
    {
        PingTimeline timeline = Connected();

        Assert.Equal(Start + (2 * Stopwatch.Frequency), timeline.LoadBegins);
        Assert.Equal(Start + (3 * Stopwatch.Frequency), timeline.Begin);
        Assert.Equal(Start + (6 * Stopwatch.Frequency), timeline.End);
        Assert.Equal(
            [false, true, true, false],
            ((long[])[timeline.Begin - 1, timeline.Begin, timeline.End - 1, timeline.End]).Select(timeline.IsMeasured));
    }

    [Fact]
    public void Nothing_is_measured_before_the_last_client_has_connected()
    {
        var timeline = new PingTimeline(Options, Start);
        long late = Start + (100 * Stopwatch.Frequency);

        for (int client = 1; client < Options.Clients; client++)
            timeline.AddConnected(late - client);

        Assert.False(timeline.AllConnected.IsCompleted);
        Assert.False(timeline.IsMeasured(late));
        timeline.AddConnected(late);
        Assert.True(timeline.AllConnected.IsCompleted);
        Assert.Equal((late, late + Stopwatch.Frequency), (timeline.LoadBegins, timeline.Begin));
    }

    [Fact]
    public void A_load_that_has_begun_does_not_begin_again()
    {
        PingTimeline timeline = Connected();
        timeline.BeginLoad(Start + (100 * Stopwatch.Frequency));

        Assert.Equal(Start + (2 * Stopwatch.Frequency), timeline.LoadBegins);
    }

    [Fact]
    public void Without_a_rate_there_is_no_schedule()
    {
        Assert.True(new PingTimeline(Options, Start).IsOpenLoop);
        Assert.False(new PingTimeline(Options with { Rate = null }, Start).IsOpenLoop);
    }

    /// <summary>All clients have connected before the end of the ramp.</summary>
    private static PingTimeline Connected()
    {
        var timeline = new PingTimeline(Options, Start);
        for (int client = 0; client < Options.Clients; client++)
            timeline.AddConnected(Start + client);
        return timeline;
    }
}
