using System.Buffers.Binary;
using System.Text;

namespace Hawser.Services.Clock.Wire;

/// <summary>
/// The frames between a clock client and its server, and the header that all frames share. Numbers are big-endian,
/// times are nanoseconds as signed 64-bit integers.
/// <code>
/// header   type u8 | payload length u24
/// Hello    "HWCK" | version u8 | abilities u8 | peer port u16 | interval ns i64 | duration ns i64 | session [32]
/// Welcome  version u8 | abilities u8 | zero u16 | client id u32 | lease ms u32
/// Refused  reason u8
/// Request  tick u32 | T1 wall i64 | T1 monotonic i64
/// Reply    tick u32 | T1 wall, monotonic | T2 wall, monotonic | T3 wall, monotonic
/// Done     bytes i64 | SHA-256 [32] | sent u32 | answered u32 | missed u32
/// Alive    (nothing)
/// Goodbye  reason u8 | rule, ASCII
/// </code>
/// Roster and Results are in <see cref="RosterProtocol"/>, the peers' frames in <see cref="PeerProtocol"/>. Writers
/// return the frame's length. Readers take the payload and throw a <see cref="ProtocolException"/> that names the rule
/// that was broken.
/// </summary>
internal static class ClockProtocol
{
    public const int HeaderSize = 4;
    public const int HelloSize = 24 + SessionKey.Size;
    public const int WelcomeSize = 12;
    public const int RequestSize = 20;
    public const int ReplySize = 52;
    public const int DoneSize = 8 + RecordingDigest.HashBytes + 12;

    private const uint Magic = 0x4857434B; // HWCK

    /// <summary>Parses type and payload length; the length is one that the type allows.</summary>
    public static (ClockMessage Type, int Length) ReadHeader(ReadOnlySpan<byte> header)
    {
        var type = (ClockMessage)header[0];
        int length = (header[1] << 16) | (header[2] << 8) | header[3];
        (int shortest, int longest) = LengthsOf(type);
        Rule(longest < 0 ? $"there is no message of type {header[0]}"
            : length < shortest ? $"{type} has {shortest} bytes or more, not {length}"
            : length > longest ? $"{type} has {longest} bytes or less, not {length}"
            : null);
        return (type, length);
    }

    public static int WriteHeader(Span<byte> frame, ClockMessage type, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, length);
        frame[0] = (byte)type;
        return HeaderSize + length;
    }

    public static int WriteHello(Span<byte> frame, Hello hello)
    {
        Span<byte> payload = frame.Slice(HeaderSize, HelloSize);
        BinaryPrimitives.WriteUInt32BigEndian(payload, Magic);
        payload[4] = ClockLimits.Version;
        payload[5] = (byte)hello.Abilities;
        BinaryPrimitives.WriteUInt16BigEndian(payload[6..], hello.PeerPort);
        BinaryPrimitives.WriteInt64BigEndian(payload[8..], hello.IntervalNs);
        BinaryPrimitives.WriteInt64BigEndian(payload[16..], hello.DurationNs);
        hello.Session.CopyTo(payload[24..]);
        return WriteHeader(frame, ClockMessage.Hello, HelloSize);
    }

    public static Hello ReadHello(ReadOnlySpan<byte> payload)
    {
        var hello = new Hello(
            (ClockAbilities)payload[5],
            BinaryPrimitives.ReadUInt16BigEndian(payload[6..]),
            BinaryPrimitives.ReadInt64BigEndian(payload[8..]),
            BinaryPrimitives.ReadInt64BigEndian(payload[16..]),
            SessionKey.Read(payload[24..]));
        Rule(BinaryPrimitives.ReadUInt32BigEndian(payload) != Magic ? "Hello begins with HWCK"
            : BrokenVersion(payload[4]) ?? BrokenAbilities(hello.Abilities)
            ?? (hello.PeerPort is > 0 and < ClockLimits.LowestPeerPort
                ? $"a peer port is 0 or {ClockLimits.LowestPeerPort} to 65535, not {hello.PeerPort}"
                : hello.IntervalNs is < ClockLimits.ShortestIntervalNs or > ClockLimits.LongestIntervalNs
                ? $"an interval is 1 ms to 60 s, not {hello.IntervalNs} ns"
                : hello.DurationNs < hello.IntervalNs || hello.DurationNs > ClockLimits.LongestDurationNs
                ? $"a duration is one interval to 24 h, not {hello.DurationNs} ns"
                : hello.DurationNs / hello.IntervalNs > ClockLimits.Ticks
                ? $"a recording has {ClockLimits.Ticks} ticks or less, not {hello.DurationNs / hello.IntervalNs}"
                : null));
        return hello;
    }

    public static int WriteWelcome(Span<byte> frame, Welcome welcome)
    {
        Span<byte> payload = frame.Slice(HeaderSize, WelcomeSize);
        payload.Clear();
        payload[0] = ClockLimits.Version;
        payload[1] = (byte)welcome.Abilities;
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], welcome.ClientId);
        BinaryPrimitives.WriteUInt32BigEndian(payload[8..], welcome.LeaseMs);
        return WriteHeader(frame, ClockMessage.Welcome, WelcomeSize);
    }

    public static Welcome ReadWelcome(ReadOnlySpan<byte> payload)
    {
        var welcome = new Welcome(
            (ClockAbilities)payload[1],
            BinaryPrimitives.ReadUInt32BigEndian(payload[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(payload[8..]));
        Rule(BrokenVersion(payload[0]) ?? BrokenAbilities(welcome.Abilities)
            ?? BrokenZeros(payload.Slice(2, 2)) ?? BrokenClientId(welcome.ClientId)
            ?? (welcome.LeaseMs is < ClockLimits.ShortestLeaseMs or > ClockLimits.LongestLeaseMs
                ? $"a lease is 100 ms to 1 h, not {welcome.LeaseMs} ms"
                : null));
        return welcome;
    }

    public static int WriteRefused(Span<byte> frame, RefusalReason reason) =>
        WriteCode(frame, ClockMessage.Refused, (byte)reason);

    public static RefusalReason ReadRefused(ReadOnlySpan<byte> payload)
    {
        var reason = (RefusalReason)payload[0];
        Rule(reason is < RefusalReason.Full or > RefusalReason.OtherSession
            ? $"a reason of refusal is 1 to 6, not {payload[0]}" : null);
        return reason;
    }

    public static int WriteRequest(Span<byte> frame, ExchangeRequest request)
    {
        Span<byte> payload = frame.Slice(HeaderSize, RequestSize);
        BinaryPrimitives.WriteUInt32BigEndian(payload, request.Tick);
        WriteReading(payload[4..], request.Sent);
        return WriteHeader(frame, ClockMessage.Request, RequestSize);
    }

    public static ExchangeRequest ReadRequest(ReadOnlySpan<byte> payload)
    {
        var request = new ExchangeRequest(BinaryPrimitives.ReadUInt32BigEndian(payload), ReadReading(payload[4..]));
        Rule(BrokenReading(request.Sent));
        return request;
    }

    public static int WriteReply(Span<byte> frame, ExchangeReply reply)
    {
        Span<byte> payload = frame.Slice(HeaderSize, ReplySize);
        BinaryPrimitives.WriteUInt32BigEndian(payload, reply.Tick);
        WriteReading(payload[4..], reply.RequestSent);
        WriteReading(payload[20..], reply.RequestReceived);
        WriteReading(payload[36..], reply.ReplySent);
        return WriteHeader(frame, ClockMessage.Reply, ReplySize);
    }

    public static ExchangeReply ReadReply(ReadOnlySpan<byte> payload)
    {
        var reply = new ExchangeReply(
            BinaryPrimitives.ReadUInt32BigEndian(payload),
            ReadReading(payload[4..]),
            ReadReading(payload[20..]),
            ReadReading(payload[36..]));
        Rule(BrokenReading(reply.RequestSent) ?? BrokenReading(reply.RequestReceived)
            ?? BrokenReading(reply.ReplySent)
            ?? (reply.ReplySent.MonotonicNs < reply.RequestReceived.MonotonicNs
                ? "a reply is not sent before its request is received (T3 < T2 on the monotonic clock)"
                : null));
        return reply;
    }

    public static int WriteDone(Span<byte> frame, RecordingDone done)
    {
        Span<byte> payload = frame.Slice(HeaderSize, DoneSize);
        WriteDigest(payload, done.Recording);
        BinaryPrimitives.WriteUInt32BigEndian(payload[40..], done.Sent);
        BinaryPrimitives.WriteUInt32BigEndian(payload[44..], done.Answered);
        BinaryPrimitives.WriteUInt32BigEndian(payload[48..], done.Missed);
        return WriteHeader(frame, ClockMessage.Done, DoneSize);
    }

    public static RecordingDone ReadDone(ReadOnlySpan<byte> payload)
    {
        var done = new RecordingDone(
            ReadDigest(payload),
            BinaryPrimitives.ReadUInt32BigEndian(payload[40..]),
            BinaryPrimitives.ReadUInt32BigEndian(payload[44..]),
            BinaryPrimitives.ReadUInt32BigEndian(payload[48..]));
        long rows = (long)done.Sent + done.Answered;
        Rule(BrokenDigest(done.Recording)
            ?? (done.Answered > done.Sent ? $"{done.Answered} answers to {done.Sent} requests cannot be"
                : done.Recording.Bytes > ClockLimits.LongestRecording(rows)
                ? $"a recording of {rows} rows has at most {ClockLimits.LongestRecording(rows)} bytes, "
                    + $"not {done.Recording.Bytes}"
                : null));
        return done;
    }

    public static int WriteAlive(Span<byte> frame) => WriteHeader(frame, ClockMessage.Alive, 0);

    /// <summary>Writes the first <see cref="ClockLimits.RuleBytes"/> characters of the rule, those outside printable
    /// ASCII as question marks.</summary>
    public static int WriteGoodbye(Span<byte> frame, Goodbye goodbye)
    {
        int length = Math.Min(goodbye.Rule.Length, ClockLimits.RuleBytes);
        frame[HeaderSize] = (byte)goodbye.Reason;
        for (int i = 0; i < length; i++)
            frame[HeaderSize + 1 + i] = (byte)(goodbye.Rule[i] is >= ' ' and <= '~' ? goodbye.Rule[i] : '?');
        return WriteHeader(frame, ClockMessage.Goodbye, 1 + length);
    }

    public static Goodbye ReadGoodbye(ReadOnlySpan<byte> payload)
    {
        var goodbye = new Goodbye((GoodbyeReason)payload[0], Encoding.ASCII.GetString(payload[1..]));
        Rule(goodbye.Reason > GoodbyeReason.BrokenRule ? $"a reason of leaving is 0 to 3, not {payload[0]}"
            : payload[1..].ContainsAnyExceptInRange((byte)' ', (byte)'~') ? "a rule is printable ASCII"
            : null);
        return goodbye;
    }

    /// <exception cref="ProtocolException">A rule was broken.</exception>
    public static void Rule(string? broken)
    {
        if (broken is not null)
            throw new ProtocolException(broken);
    }

    internal static int WriteCode(Span<byte> frame, ClockMessage type, byte code)
    {
        frame[HeaderSize] = code;
        return WriteHeader(frame, type, 1);
    }

    internal static void WriteDigest(Span<byte> payload, RecordingDigest digest)
    {
        BinaryPrimitives.WriteInt64BigEndian(payload, digest.Bytes);
        digest.CopyHashTo(payload.Slice(8, RecordingDigest.HashBytes));
    }

    internal static RecordingDigest ReadDigest(ReadOnlySpan<byte> payload) =>
        new(BinaryPrimitives.ReadInt64BigEndian(payload), payload.Slice(8, RecordingDigest.HashBytes));

    internal static string? BrokenDigest(RecordingDigest digest) =>
        digest.Bytes is < 1 or > ClockLimits.RecordingBytes
            ? $"a recording has 1 byte to 2 GiB, not {digest.Bytes} bytes" : null;

    internal static string? BrokenVersion(byte version) =>
        version != ClockLimits.Version ? $"the version is {ClockLimits.Version}, not {version}" : null;

    internal static string? BrokenAbilities(ClockAbilities abilities) =>
        (abilities & ~ClockAbilities.Brotli) != 0
            ? $"abilities have no bit but Brotli (1), not {(byte)abilities}" : null;

    internal static string? BrokenZeros(ReadOnlySpan<byte> zeros) =>
        zeros.ContainsAnyExcept((byte)0) ? "bytes kept for later are zero" : null;

    internal static string? BrokenClientId(uint id) =>
        id > ClockLimits.HighestClientId ? $"a client id is 0 to {ClockLimits.HighestClientId}, not {id}" : null;

    private static (int Shortest, int Longest) LengthsOf(ClockMessage type) => type switch
    {
        ClockMessage.Hello => (HelloSize, HelloSize),
        ClockMessage.Welcome => (WelcomeSize, WelcomeSize),
        ClockMessage.Refused or ClockMessage.PeerRefused or ClockMessage.Receipt => (1, 1),
        ClockMessage.Goodbye => (1, 1 + ClockLimits.RuleBytes),
        ClockMessage.Request => (RequestSize, RequestSize),
        ClockMessage.Reply => (ReplySize, ReplySize),
        ClockMessage.Done => (DoneSize, DoneSize),
        ClockMessage.Alive => (0, 0),
        ClockMessage.Roster => (RosterProtocol.RosterHeadSize, RosterProtocol.LongestRoster),
        ClockMessage.Results => (RosterProtocol.ResultsHeadSize, RosterProtocol.LongestResults),
        ClockMessage.PeerHello => (PeerProtocol.PeerHelloSize, PeerProtocol.PeerHelloSize),
        ClockMessage.PeerWelcome => (PeerProtocol.PeerWelcomeSize, PeerProtocol.PeerWelcomeSize),
        ClockMessage.Offer => (PeerProtocol.OfferSize, PeerProtocol.OfferSize),
        ClockMessage.Chunk => (0, ClockLimits.ChunkBytes),
        _ => (0, -1),
    };

    private static void WriteReading(Span<byte> payload, ClockReading reading)
    {
        BinaryPrimitives.WriteInt64BigEndian(payload, reading.WallNs);
        BinaryPrimitives.WriteInt64BigEndian(payload[8..], reading.MonotonicNs);
    }

    private static ClockReading ReadReading(ReadOnlySpan<byte> payload) =>
        new(BinaryPrimitives.ReadInt64BigEndian(payload), BinaryPrimitives.ReadInt64BigEndian(payload[8..]));

    // Both are below 2^63, so that no difference overflows.
    private static string? BrokenReading(ClockReading reading) =>
        reading.WallNs < 0 ? $"a wall clock is not before 1970 ({reading.WallNs} ns)"
        : reading.MonotonicNs < 0 ? $"a monotonic clock is not negative ({reading.MonotonicNs} ns)"
        : null;
}
