namespace Hawser.Services.Upload;

/// <summary>What came of an upload.</summary>
/// <param name="BytesSent">Bytes that the kernel took.</param>
/// <param name="Sha256">Their SHA-256, lower-case hex; null when the upload was refused before its end, or nobody asked
/// for it.</param>
/// <param name="Receipt">What the server answered; null when it closed without an answer.</param>
public sealed record UploadOutcome(long BytesSent, string? Sha256, UploadReceipt? Receipt)
{
    /// <summary>The server refused the upload.</summary>
    public bool IsRefused => Receipt?.Refusal is not null;

    /// <summary>The server has stored what was sent, and has proved it.</summary>
    public bool IsVerified => Receipt is { Refusal: null } && Sha256 is not null && !IsDifferent;

    /// <summary>The server says that it stored something else than was sent.</summary>
    public bool IsDifferent => Receipt is { Refusal: null }
        && (Receipt.Bytes != BytesSent || (Sha256 is not null && Receipt.Sha256 != Sha256));
}
