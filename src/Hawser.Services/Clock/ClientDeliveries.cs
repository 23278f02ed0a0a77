namespace Hawser.Services.Clock;

/// <summary>What a client has of the others' recordings.</summary>
/// <param name="Delivered">How many it has.</param>
/// <param name="Expected">How many there were to have.</param>
/// <param name="Missing">Those it lacks, each with the reason, in words.</param>
public sealed record ClientDeliveries(int Delivered, int Expected, IReadOnlyList<string> Missing)
{
    /// <summary>It has all of them.</summary>
    public bool IsComplete => Delivered == Expected;
}
