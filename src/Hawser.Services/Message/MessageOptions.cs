namespace Hawser.Services.Message;

/// <summary>The order and the limits of a message server.</summary>
internal sealed record MessageOptions
{
    private const long MostMemoryBytes = 32 * 1024 * 1024;
    private const int HeapShare = 8;

    /// <summary>The order of the messages in the output.</summary>
    public MessageOrder Order { get; init; }

    /// <summary>Bytes of one message. Default 16 GB.</summary>
    public long MaxBytes { get; init; } = 16_000_000_000;

    /// <summary>Memory that all waiting messages together may hold; the rest goes to disk. Default: an eighth of the heap,
    /// at most 32 MiB.</summary>
    public long MemoryLimitBytes { get; init; } = ShareOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>Disk that all waiting messages together may hold; the rest is refused. Default 1 GB.</summary>
    public long SpoolLimitBytes { get; init; } = 1_000_000_000;

    /// <summary>The folder of the spool files.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    /// <summary>How long a sender may send nothing while other messages wait for it. <see cref="Timeout.InfiniteTimeSpan"/>
    /// disables this and <see cref="MinBytesPerSecond"/>. Default 5 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes per second that a sender must reach over each <see cref="StallTimeout"/> while other messages wait
    /// for it. Default 64 kB.</summary>
    public long MinBytesPerSecond { get; init; } = 64_000;

    /// <summary>The clock of <see cref="StallTimeout"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The default of <see cref="MemoryLimitBytes"/> for a heap of this size.</summary>
    internal static long ShareOf(long heapBytes) => Math.Min(MostMemoryBytes, heapBytes / HeapShare);
}
