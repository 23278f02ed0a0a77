using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Agents;

/// <summary>Merges the views of agents: one for each second of the slowest.</summary>
/// <param name="agents">Their number.</param>
/// <param name="onView">Called when each agent that still loads has sent a view since the last call. The measured time is
/// the shortest of theirs.</param>
internal sealed class AgentViews(int agents, Action<PingLoadView> onView)
{
    private readonly Lock _gate = new();
    private readonly PingLoadView?[] _last = new PingLoadView?[agents];
    private readonly bool[] _isNew = new bool[agents];
    private readonly bool[] _hasEnded = new bool[agents];
    private LatencyHistogram _latency = new();

    /// <summary>Adds a view of an agent.</summary>
    public void Add(int agent, PingLoadView view)
    {
        lock (_gate)
        {
            _last[agent] = view;
            _isNew[agent] = true;
            _latency.Add(view.Latency);
            ShowIfComplete();
        }
    }

    /// <summary>An agent sends no more views. What a lost one measured no longer counts.</summary>
    public void End(int agent, bool isLost)
    {
        lock (_gate)
        {
            _hasEnded[agent] = true;
            if (isLost)
                (_last[agent], _isNew[agent]) = (null, false);
            ShowIfComplete();
        }
    }

    private void ShowIfComplete()
    {
        bool isComplete = Enumerable.Range(0, agents).All(agent => _isNew[agent] || _hasEnded[agent]);
        if (!isComplete || !_isNew.Contains(true))
            return;
        PingLoadView[] views = [.. _last.OfType<PingLoadView>()];
        var merged = new PingLoadView(views.Min(view => view.Elapsed))
        {
            RoundTrips = views.Sum(view => view.RoundTrips),
            Connected = views.Sum(view => view.Connected),
            Failed = views.Sum(view => view.Failed),
            Latency = _latency,
        };
        Array.Clear(_isNew);
        _latency = new LatencyHistogram();
        onView(merged);
    }
}
