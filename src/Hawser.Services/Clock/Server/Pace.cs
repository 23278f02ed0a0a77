namespace Hawser.Services.Clock.Server;

/// <summary>Whether events keep to a rate: the generic cell rate algorithm (ITU-T I.371). An event
/// may come up to <paramref name="slackNs"/> early. Events that the network delayed may come in one burst, up to
/// <paramref name="backlogNs"/> worth of them.</summary>
internal sealed class Pace(long intervalNs, long slackNs, long backlogNs, long nowNs)
{
    private long _dueNs = nowNs;

    /// <summary>Counts an event. False: it is too early.</summary>
    public bool TryTake(long nowNs)
    {
        long due = Math.Max(_dueNs, nowNs - backlogNs);
        if (due - nowNs > slackNs)
            return false;
        // No two clocks have the same rate: a thousandth faster is as agreed.
        _dueNs = due + intervalNs - (intervalNs / 1000);
        return true;
    }
}
