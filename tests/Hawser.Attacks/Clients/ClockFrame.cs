using System.Buffers.Binary;
using Hawser.Services.Clock.Wire;

namespace Hawser.Attacks.Clients;

/// <summary>The frames of a clock client, as docs/protocols.md has them.</summary>
internal static class ClockFrame
{
    public const byte Welcome = 2;
    public const byte Reply = 5;
    public const int WelcomeBytes = ClockProtocol.HeaderSize + ClockProtocol.WelcomeSize;
    public const int ReplyBytes = ClockProtocol.HeaderSize + ClockProtocol.ReplySize;

    /// <summary>Between two ticks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Duration = TimeSpan.FromHours(1);

    /// <summary>Registers in the session without a name; without a peer port there is no part two.</summary>
    public static byte[] Hello(ushort peerPort = 0)
    {
        byte[] frame = Create(type: 1, ClockProtocol.HelloSize);
        "HWCK"u8.CopyTo(frame.AsSpan(4));
        frame[8] = ClockLimits.Version;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(10), peerPort);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(12), (long)Interval.TotalNanoseconds);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(20), (long)Duration.TotalNanoseconds);
        return frame;
    }

    public static byte[] Request(uint tick)
    {
        byte[] frame = Create(type: 4, length: 20);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), tick);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(8), 1);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(16), 1);
        return frame;
    }

    /// <summary>A recording of 15 bytes is closed.</summary>
    public static byte[] Done()
    {
        byte[] frame = Create(type: 6, length: 52);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(4), 15);
        return frame;
    }

    /// <summary>A page of results without a result, of a client that claims to lack so many recordings.</summary>
    public static byte[] EmptyResults(uint failed)
    {
        byte[] frame = Create(type: 9, length: 16);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), failed);
        return frame;
    }

    private static byte[] Create(byte type, int length)
    {
        byte[] frame = new byte[4 + length];
        BinaryPrimitives.WriteInt32BigEndian(frame, length);
        frame[0] = type;
        return frame;
    }
}
