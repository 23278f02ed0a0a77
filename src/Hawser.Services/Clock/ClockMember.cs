using System.Net;

namespace Hawser.Services.Clock;

/// <summary>A client as its server knows it. Only the <see cref="ClockRegister"/> changes it.</summary>
internal sealed class ClockMember(uint id, Hello hello, IPAddress address, ClockSession session)
{
    public uint Id { get; } = id;

    public Hello Hello { get; } = hello;

    /// <summary>Where it came from, and so where peers find it.</summary>
    public IPAddress Address { get; } = address;

    public ClockSession Session { get; } = session;

    /// <summary>What it said of its recording; null while it records.</summary>
    public RecordingDone? Done { get; set; }

    /// <summary>Whether it has gone, or has nothing more to say.</summary>
    public bool HasLeft { get; set; }

    /// <summary>How many recordings it said it has; null until it has said so.</summary>
    public int? Delivered { get; set; }

    /// <summary>Those it said it lacks.</summary>
    public List<FailedDelivery> Failures { get; } = [];
}
