namespace Hawser.Services.Upload;

/// <summary>The outcome of an upload.</summary>
/// <param name="BytesSent">Bytes sent.</param>
/// <param name="Digest">Their hash, by the receipt's function if possible; null if the upload was refused before its end
/// or no hash was asked for.</param>
/// <param name="Receipt">The server's answer; null if there was none.</param>
public sealed record UploadOutcome(long BytesSent, UploadDigest? Digest, UploadReceipt? Receipt)
{
    /// <summary>The server accepted every byte, and neither answered nor closed within the idle timeout.</summary>
    public bool IsUnanswered { get; init; }

    /// <summary>The server refused the upload.</summary>
    public bool IsRefused => Receipt?.Refusal is not null;

    /// <summary>The receipt has the size and the hash of what was sent.</summary>
    public bool IsVerified => Receipt is { Refusal: null } && Receipt.Bytes == BytesSent && HasSameFunction
        && Receipt.Digest == Digest;

    /// <summary>The receipt differs from what was sent.</summary>
    public bool IsDifferent => Receipt is { Refusal: null }
        && (Receipt.Bytes != BytesSent || (HasSameFunction && Receipt.Digest != Digest));

    private bool HasSameFunction => Digest is not null && Receipt?.Digest?.Function == Digest.Function;
}
