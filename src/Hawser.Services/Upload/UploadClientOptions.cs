namespace Hawser.Services.Upload;

/// <summary>How long an upload client waits for what.</summary>
public sealed record UploadClientOptions
{
    /// <summary>For the connection. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the server to take another byte, and for its receipt. Default 10 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of the idle timeout.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
