using System.Text;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Server;

/// <summary>The deliveries of a session, as its clients reported them.</summary>
/// <param name="Clients">Clients on the roster.</param>
/// <param name="Delivered">Recordings delivered.</param>
/// <param name="Missing">The first <see cref="ClockLimits.ListedFailures"/> missing recordings, by receiver and then by
/// sender.</param>
internal sealed record SessionSummary(int Clients, long Delivered, IReadOnlyList<MissingDelivery> Missing)
{
    /// <summary>The deliveries expected, k(k-1).</summary>
    public long Expected => (long)Clients * (Clients - 1);

    /// <summary>A line of totals, and a line per listed missing recording.</summary>
    public string ToText()
    {
        var text = new StringBuilder(
            $"{DurationText.Count(Delivered)} of {DurationText.Count(Expected)} files delivered\n");
        foreach (MissingDelivery missing in Missing)
            text.Append($"  missing: client {missing.From} to client {missing.To}: {FailedDelivery.Wording(missing.Outcome)}\n");
        long unlisted = Expected - Delivered - Missing.Count;
        if (unlisted > 0)
            text.Append($"  and {DurationText.Count(unlisted)} more\n");
        return text.ToString();
    }
}

/// <summary>A recording that did not arrive.</summary>
/// <param name="From">The client that recorded it.</param>
/// <param name="To">The client that lacks it.</param>
/// <param name="Outcome">Why.</param>
internal readonly record struct MissingDelivery(uint From, uint To, DeliveryOutcome Outcome);
