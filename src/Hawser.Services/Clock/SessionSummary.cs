using System.Text;
using Hawser.Services.Drawing;

namespace Hawser.Services.Clock;

/// <summary>How a session's peer exchange ended, as far as its clients said.</summary>
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
            text.Append($"  missing: client {missing.From} to client {missing.To}: {Wording(missing.Outcome)}\n");
        long unlisted = Expected - Delivered - Missing.Count;
        if (unlisted > 0)
            text.Append($"  and {DurationText.Count(unlisted)} more\n");
        return text.ToString();
    }

    /// <summary>An outcome in words.</summary>
    public static string Wording(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => "delivered",
        DeliveryOutcome.Unreachable => "the peer could not be reached",
        DeliveryOutcome.Refused => "the peer refused",
        DeliveryOutcome.TimedOut => "the peer was silent for too long",
        DeliveryOutcome.CutShort => "the recording ended too early",
        DeliveryOutcome.WrongSize => "the recording went on beyond its size on the roster",
        DeliveryOutcome.WrongHash => "the recording's hash is not that of the roster",
        DeliveryOutcome.BrokenProtocol => "the peer broke the protocol",
        DeliveryOutcome.NotStored => "it could not be stored",
        DeliveryOutcome.NotARecording => "what the peer sent is not a recording",
        DeliveryOutcome.TooLarge => "the recording is larger than its session allows",
        DeliveryOutcome.NotDialled => "its address is not one to connect to (see --peer-networks)",
        _ => "the client departed without saying",
    };
}
