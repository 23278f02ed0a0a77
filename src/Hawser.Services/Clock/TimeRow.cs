namespace Hawser.Services.Clock;

/// <summary>One row of a recording, as it stands in the line it was read from.</summary>
internal readonly ref struct TimeRow(
    long number, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver, long wallNs)
{
    /// <summary>Its number, from 1.</summary>
    public long Number { get; } = number;

    /// <summary>Who sent the timestamp, <c>ip:port</c>.</summary>
    public ReadOnlySpan<byte> Sender { get; } = sender;

    /// <summary>Who received it, <c>ip:port</c>.</summary>
    public ReadOnlySpan<byte> Receiver { get; } = receiver;

    /// <summary>The timestamp, in nanoseconds since 1970 by the sender's wall clock, whole microseconds.</summary>
    public long WallNs { get; } = wallNs;
}
