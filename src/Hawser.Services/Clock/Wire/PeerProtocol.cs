using System.Buffers.Binary;

namespace Hawser.Services.Clock.Wire;

/// <summary>
/// The frames between two clients that swap their recordings. The end that connected speaks and sends first,
/// so neither end waits for the other to read, and blocking transports suffice.
/// <code>
/// PeerHello    "HWPX" | version u8 | abilities u8 | zero u16 | token [16] | from u32 | to u32
/// PeerWelcome  version u8 | abilities u8 | zero u16 | client id u32 | token [16]
/// PeerRefused  reason u8
/// Offer        encoding u8 (0 as it is, 1 Brotli) | zero [3] | bytes i64 | SHA-256 [32]
/// Chunk        up to 65,536 bytes; an empty one ends the recording
/// Receipt      outcome u8
/// </code>
/// No frame holds a name or a path: where a recording is stored follows from the ids on the roster.
/// </summary>
internal static class PeerProtocol
{
    public const int PeerHelloSize = 8 + ClockToken.Size + 8;
    public const int PeerWelcomeSize = 8 + ClockToken.Size;
    public const int OfferSize = 4 + 8 + RecordingDigest.HashBytes;

    private const uint Magic = 0x48575058; // HWPX

    public static int WritePeerHello(Span<byte> frame, PeerHello hello)
    {
        Span<byte> payload = frame.Slice(ClockProtocol.HeaderSize, PeerHelloSize);
        payload.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(payload, Magic);
        payload[4] = ClockLimits.Version;
        payload[5] = (byte)hello.Abilities;
        hello.Token.CopyTo(payload[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(payload[24..], hello.From);
        BinaryPrimitives.WriteUInt32BigEndian(payload[28..], hello.To);
        return ClockProtocol.WriteHeader(frame, ClockMessage.PeerHello, PeerHelloSize);
    }

    /// <summary>Parses a greeting. The caller must check the token before anything else.</summary>
    public static PeerHello ReadPeerHello(ReadOnlySpan<byte> payload)
    {
        var hello = new PeerHello(
            (ClockAbilities)payload[5],
            ClockToken.Read(payload[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(payload[24..]),
            BinaryPrimitives.ReadUInt32BigEndian(payload[28..]));
        ClockProtocol.Rule(BinaryPrimitives.ReadUInt32BigEndian(payload) != Magic ? "PeerHello begins with HWPX"
            : ClockProtocol.BrokenVersion(payload[4]) ?? ClockProtocol.BrokenAbilities(hello.Abilities)
            ?? ClockProtocol.BrokenZeros(payload.Slice(6, 2)) ?? ClockProtocol.BrokenClientId(hello.From)
            ?? ClockProtocol.BrokenClientId(hello.To)
            ?? (hello.From == hello.To ? $"client {hello.From} does not meet itself" : null));
        return hello;
    }

    public static int WritePeerWelcome(Span<byte> frame, PeerWelcome welcome)
    {
        Span<byte> payload = frame.Slice(ClockProtocol.HeaderSize, PeerWelcomeSize);
        payload.Clear();
        payload[0] = ClockLimits.Version;
        payload[1] = (byte)welcome.Abilities;
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], welcome.ClientId);
        welcome.Token.CopyTo(payload[8..]);
        return ClockProtocol.WriteHeader(frame, ClockMessage.PeerWelcome, PeerWelcomeSize);
    }

    public static PeerWelcome ReadPeerWelcome(ReadOnlySpan<byte> payload)
    {
        var welcome = new PeerWelcome(
            (ClockAbilities)payload[1],
            BinaryPrimitives.ReadUInt32BigEndian(payload[4..]),
            ClockToken.Read(payload[8..]));
        ClockProtocol.Rule(ClockProtocol.BrokenVersion(payload[0]) ?? ClockProtocol.BrokenAbilities(welcome.Abilities)
            ?? ClockProtocol.BrokenZeros(payload.Slice(2, 2)) ?? ClockProtocol.BrokenClientId(welcome.ClientId));
        return welcome;
    }

    /// <summary><see cref="ClockProtocol.ReadRefused"/> parses the payload.</summary>
    public static int WritePeerRefused(Span<byte> frame, RefusalReason reason) =>
        ClockProtocol.WriteCode(frame, ClockMessage.PeerRefused, (byte)reason);

    public static int WriteOffer(Span<byte> frame, Offer offer)
    {
        Span<byte> payload = frame.Slice(ClockProtocol.HeaderSize, OfferSize);
        payload.Clear();
        payload[0] = (byte)(offer.IsBrotli ? 1 : 0);
        ClockProtocol.WriteDigest(payload[4..], offer.Recording);
        return ClockProtocol.WriteHeader(frame, ClockMessage.Offer, OfferSize);
    }

    public static Offer ReadOffer(ReadOnlySpan<byte> payload)
    {
        var offer = new Offer(payload[0] == 1, ClockProtocol.ReadDigest(payload[4..]));
        ClockProtocol.Rule(payload[0] > 1 ? $"an encoding is 0 or 1, not {payload[0]}"
            : ClockProtocol.BrokenZeros(payload.Slice(1, 3)) ?? ClockProtocol.BrokenDigest(offer.Recording));
        return offer;
    }

    public static int WriteReceipt(Span<byte> frame, DeliveryOutcome outcome) =>
        ClockProtocol.WriteCode(frame, ClockMessage.Receipt, (byte)outcome);

    public static DeliveryOutcome ReadReceipt(ReadOnlySpan<byte> payload)
    {
        var outcome = (DeliveryOutcome)payload[0];
        ClockProtocol.Rule(outcome > DeliveryOutcome.NotDialled ? $"an outcome is 0 to 12, not {payload[0]}" : null);
        return outcome;
    }
}

/// <summary>The greeting of the client that connects.</summary>
/// <param name="Abilities">What it can do.</param>
/// <param name="Token">The first half of the pair's token, which authenticates <paramref name="From"/>.</param>
/// <param name="From">Its id.</param>
/// <param name="To">The id of the peer it calls.</param>
internal readonly record struct PeerHello(ClockAbilities Abilities, ClockToken Token, uint From, uint To);

/// <summary>The callee's answer, which proves its identity.</summary>
/// <param name="Abilities">What it can do.</param>
/// <param name="ClientId">Its id.</param>
/// <param name="Token">The second half of the pair's token.</param>
internal readonly record struct PeerWelcome(ClockAbilities Abilities, uint ClientId, ClockToken Token);

/// <summary>Precedes the chunks of a recording. The receiver checks it against the roster first.</summary>
/// <param name="IsBrotli">Whether the chunks are a Brotli stream or the recording uncompressed.</param>
/// <param name="Recording">Size and hash of the uncompressed recording.</param>
internal readonly record struct Offer(bool IsBrotli, RecordingDigest Recording);
