namespace Hawser.Services.Clock.Wire;

/// <summary>Every limit of the clock's wire, with its unit.</summary>
internal static class ClockLimits
{
    public const byte Version = 2;
    public const long ShortestIntervalNs = 1_000_000;
    public const long LongestIntervalNs = 60_000_000_000;
    public const long LongestDurationNs = 24 * 3_600_000_000_000;
    public const uint ShortestLeaseMs = 100;
    public const uint LongestLeaseMs = 3_600_000;
    public const uint HighestClientId = int.MaxValue;

    /// <summary>Peers listen at no well-known port, so that a roster points at no other service.</summary>
    public const int LowestPeerPort = 1024;

    /// <summary>Characters of a rule in a Goodbye.</summary>
    public const int RuleBytes = 200;

    /// <summary>Clients in one session, and so entries in a roster.</summary>
    public const int Clients = 10_000;

    /// <summary>Ticks of one recording: nearly 14 hours at 10 ms.</summary>
    public const long Ticks = 5_000_000;

    /// <summary>Bytes of one recording, 2 GiB: more than two of the longest rows for every tick.</summary>
    public const long RecordingBytes = 1L << 31;

    /// <summary>Bytes of a recording besides its rows, at most: its first two lines and its last.</summary>
    public const int RecordingFrameBytes = 309;

    /// <summary>Bytes of the longest row: ten digits, two IPv6 endpoints with scopes, and a moment.</summary>
    public const int RowBytes = 160;

    /// <summary>Bytes of the server's recording unless <c>--recording-limit</c> says otherwise: 4 GiB, which is 850
    /// clients that tick every 10 ms for five minutes.</summary>
    public const long ServerRecordingBytes = 4L << 30;

    /// <summary>Failures that the server keeps of a client, and lists of a session.</summary>
    public const int ListedFailures = 50;

    /// <summary>Roster entries in one frame.</summary>
    public const int RosterPageEntries = 64;

    /// <summary>Failed pairs in one frame.</summary>
    public const int ResultsPageEntries = 256;

    /// <summary>Bytes of one chunk of a recording, as it is on the wire.</summary>
    public const int ChunkBytes = 65_536;

    /// <summary>The most bytes that a recording of so many rows can have.</summary>
    public static long LongestRecording(long rows) => RecordingFrameBytes + (rows * RowBytes);
}
