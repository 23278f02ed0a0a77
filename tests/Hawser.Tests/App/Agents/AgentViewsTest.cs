using Hawser.App.Agents;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.App.Agents;

public sealed class AgentViewsTest
{
    private readonly List<PingLoadView> _merged = [];

    [Fact]
    public void A_view_is_merged_when_every_agent_has_sent_one()
    {
        var views = new AgentViews(2, _merged.Add);

        views.Add(0, View(1.0, total: 10, added: 10));
        Assert.Empty(_merged);
        views.Add(1, View(0.8, total: 7, added: 7));

        PingLoadView merged = Assert.Single(_merged);
        Assert.Equal((0.8, 17, 17, 2), (merged.Elapsed.TotalSeconds, merged.RoundTrips, merged.NewRoundTrips, merged.Connected));
    }

    [Fact]
    public void Every_round_trip_is_in_one_view_even_if_an_agent_is_faster()
    {
        var views = new AgentViews(2, _merged.Add);

        views.Add(0, View(1, total: 10, added: 10));
        views.Add(0, View(2, total: 30, added: 20));
        views.End(0, isLost: false);
        views.Add(1, View(1, total: 5, added: 5));
        views.Add(1, View(2, total: 6, added: 1));
        views.End(1, isLost: false);

        Assert.Equal([(35, 35), (1, 36)], _merged.Select(view => (view.NewRoundTrips, view.RoundTrips)));
    }

    [Fact]
    public void An_agent_that_ends_does_not_hold_up_the_last_view()
    {
        var views = new AgentViews(2, _merged.Add);

        views.Add(0, View(1, total: 10, added: 10));
        views.End(1, isLost: false);

        Assert.Single(_merged);
    }

    [Fact]
    public void What_a_lost_agent_measured_no_longer_counts()
    {
        var views = new AgentViews(2, _merged.Add);
        views.Add(0, View(1, total: 10, added: 10));
        views.Add(1, View(1, total: 10, added: 10));

        views.End(1, isLost: true);
        views.Add(0, View(2, total: 20, added: 10));

        Assert.Equal((20, 1), (_merged[^1].RoundTrips, _merged[^1].Connected));
    }

    private static PingLoadView View(double seconds, long total, long added)
    {
        var latency = new LatencyHistogram();
        latency.Record(1000, added);
        return new PingLoadView(TimeSpan.FromSeconds(seconds)) { RoundTrips = total, Connected = 1, Latency = latency };
    }
}
