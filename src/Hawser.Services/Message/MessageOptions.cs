namespace Hawser.Services.Message;

/// <summary>How messages are kept and put out, and what bounds them.</summary>
internal sealed record MessageOptions
{
    /// <summary>In which order messages come out.</summary>
    public MessageOrder Order { get; init; }

    /// <summary>Bytes of one message. Default 16 GB.</summary>
    public long MaxBytes { get; init; } = 16_000_000_000;

    /// <summary>Memory that waiting messages may hold together; beyond it they go to disk. Default 32 MiB.</summary>
    public long MemoryLimitBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Disk that waiting messages may hold together; beyond it they are refused. Default 1 GB.</summary>
    public long SpoolLimitBytes { get; init; } = 1_000_000_000;

    /// <summary>Where messages wait that are too large for memory.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    /// <summary>How long a sender may send nothing while others wait for it; <see cref="Timeout.InfiniteTimeSpan"/>: for
    /// ever, and at any rate. Default 5 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes per second that a sender must reach over each <see cref="StallTimeout"/> while others wait for it.
    /// Default 64 kB.</summary>
    public long MinBytesPerSecond { get; init; } = 64_000;

    /// <summary>The clock of <see cref="StallTimeout"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
