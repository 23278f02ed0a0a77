namespace Hawser.Services.Clock.Wire;

/// <summary>The limits of the clock's protocols.</summary>
internal static class ClockLimits
{
    public const byte Version = 2;
    public const long ShortestIntervalNs = 1_000_000;
    public const long LongestIntervalNs = 60_000_000_000;
    public const long LongestDurationNs = 24 * 3_600_000_000_000;
    public const uint ShortestLeaseMs = 100;
    public const uint LongestLeaseMs = 3_600_000;
    public const uint HighestClientId = int.MaxValue;

    /// <summary>The lowest port of a peer: well-known ports are excluded, so that a roster cannot point at other
    /// services.</summary>
    public const int LowestPeerPort = 1024;

    /// <summary>The length limit of the rule in a Goodbye, in characters.</summary>
    public const int RuleBytes = 200;

    /// <summary>The limit on clients in a session, and so on entries of a roster.</summary>
    public const int Clients = 10_000;

    /// <summary>The limit on ticks of a recording: nearly 14 hours at 10 ms.</summary>
    public const long Ticks = 5_000_000;

    /// <summary>The size limit of a recording, 2 GiB: more than two of the longest rows per tick.</summary>
    public const long RecordingBytes = 1L << 31;

    /// <summary>The size limit of a recording's first two lines and its last, in bytes.</summary>
    public const int RecordingFrameBytes = 309;

    /// <summary>The size of the longest row in bytes: ten digits, two IPv6 endpoints with scopes, date and
    /// time.</summary>
    public const int RowBytes = 160;

    /// <summary>The default of <c>--recording-limit</c>: 4 GiB, enough for 850 clients with a tick every 10 ms for five
    /// minutes.</summary>
    public const long ServerRecordingBytes = 4L << 30;

    /// <summary>The limit on failures that the server keeps per client and lists per session.</summary>
    public const int ListedFailures = 50;

    /// <summary>The limit on roster entries in a frame.</summary>
    public const int RosterPageEntries = 64;

    /// <summary>The limit on failed pairs in a frame.</summary>
    public const int ResultsPageEntries = 256;

    /// <summary>The size limit of a chunk on the wire, in bytes.</summary>
    public const int ChunkBytes = 65_536;

    /// <summary>The size limit of a recording with so many rows, in bytes.</summary>
    public static long LongestRecording(long rows) => RecordingFrameBytes + (rows * RowBytes);
}
