namespace Hawser.Services.Message;

/// <summary>How messages are kept and put out.</summary>
internal sealed record MessageOptions
{
    /// <summary>In which order messages come out.</summary>
    public MessageOrder Order { get; init; }

    /// <summary>Memory that waiting messages may hold together; beyond it they go to disk. Default 32 MiB.</summary>
    public long MemoryLimitBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Where messages wait that are too large for memory.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}
