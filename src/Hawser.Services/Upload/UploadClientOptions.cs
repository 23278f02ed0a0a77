using Hawser.Transports;

namespace Hawser.Services.Upload;

/// <summary>The options of an upload client.</summary>
public sealed record UploadClientOptions
{
    /// <summary>How long to wait for the connection. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The timeout without a byte accepted by the server, and of its receipt. Above zero;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for none. Default 10 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The hash to compute while sending, to compare it with the receipt's. If the receipt has another, a file
    /// is read once more; other sources are then compared only if the receipt has <see cref="UploadHash.Xxh128"/>.
    /// Default SHA-256.</summary>
    public UploadHash Hash { get; init; } = UploadHash.Sha256;

    /// <summary>Layers between the wire and the protocol, such as <see cref="Hawser.Layers.TlsLayer"/>; see
    /// <see cref="DialOptions.Layers"/>.</summary>
    public IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> Layers { get; init; } = [];

    /// <summary>The clock of the idle timeout.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
