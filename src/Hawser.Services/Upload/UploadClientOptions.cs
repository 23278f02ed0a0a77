namespace Hawser.Services.Upload;

/// <summary>How long an upload client waits for what.</summary>
public sealed record UploadClientOptions
{
    /// <summary>For the connection. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the server to take another byte, and for its receipt. Default 10 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Compute the SHA-256 of what is sent, to compare it with the receipt's. Default yes.</summary>
    public bool Hash { get; init; } = true;

    /// <summary>The clock of the idle timeout.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
