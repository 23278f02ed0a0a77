using System.Net;

namespace Hawser.Services.Clock;

/// <summary>One client on the frozen list.</summary>
/// <param name="ClientId">Its id; entries ascend by it.</param>
/// <param name="Address">Where it listens for peers.</param>
/// <param name="Abilities">What it can do.</param>
/// <param name="Recording">Size and hash of its recording.</param>
internal sealed record RosterEntry(
    uint ClientId, IPEndPoint Address, ClockAbilities Abilities, RecordingDigest Recording);
