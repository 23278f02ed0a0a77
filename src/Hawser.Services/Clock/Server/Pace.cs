namespace Hawser.Services.Clock.Server;

/// <summary>Enforces a rate with the generic cell rate algorithm (ITU-T I.371). An event may be up to
/// <paramref name="slackNs"/> early. Events delayed by the network may arrive in a burst, up to
/// <paramref name="backlogNs"/> of them.</summary>
internal sealed class Pace(long intervalNs, long slackNs, long backlogNs, long nowNs)
{
    private long _dueNs = nowNs;

    /// <summary>Counts an event. False: it is too early.</summary>
    public bool TryTake(long nowNs)
    {
        long due = Math.Max(_dueNs, nowNs - backlogNs);
        if (due - nowNs > slackNs)
            return false;
        // No two clocks have the same rate: 0.1 % faster is tolerated.
        _dueNs = due + intervalNs - (intervalNs / 1000);
        return true;
    }
}
