using System.Text;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Server;

/// <summary>How a session's swap of recordings ended, as far as its clients reported.</summary>
/// <param name="Clients">How many clients were on the roster.</param>
/// <param name="Delivered">How many recordings arrived.</param>
/// <param name="Missing">The first <see cref="ClockLimits.ListedFailures"/> recordings that did not arrive, by receiver
/// and then by sender.</param>
internal sealed record SessionSummary(int Clients, long Delivered, IReadOnlyList<MissingDelivery> Missing)
{
    /// <summary>How many deliveries there were to be, k(k-1).</summary>
    public long Expected => (long)Clients * (Clients - 1);

    /// <summary>One line, and one for each of those that are listed as missing.</summary>
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
/// <param name="From">Whose it is.</param>
/// <param name="To">The client that lacks it.</param>
/// <param name="Outcome">Why.</param>
internal readonly record struct MissingDelivery(uint From, uint To, DeliveryOutcome Outcome);
