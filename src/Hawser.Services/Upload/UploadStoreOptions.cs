namespace Hawser.Services.Upload;

/// <summary>What a store that many servers share needs to know.</summary>
public sealed record UploadStoreOptions
{
    /// <summary>The database that numbers the uploads, like <c>postgres://host/database</c>.</summary>
    public required string Ledger { get; init; }

    /// <summary>Where the bytes go, like <c>s3://bucket/prefix</c>. It names the collection, too.</summary>
    public required string Sink { get; init; }

    /// <summary>A folder for bytes on their way; created if missing, empty afterwards.</summary>
    public required string Spool { get; init; }

    /// <summary>How long a server that has died keeps its uploads. Default 30 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of one upload at most. Default: no limit.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Bytes of all stored uploads of the collection at most. Default: no limit.</summary>
    public long QuotaBytes { get; init; } = long.MaxValue;

    /// <summary>Uploads of the collection at most, failed ones included. Default: no limit.</summary>
    public long MaxFiles { get; init; } = long.MaxValue;

    /// <summary>The hash of receipts and ledger; not <see cref="UploadHash.None"/>. Default SHA-256.</summary>
    public UploadHash Hash { get; init; } = UploadHash.Sha256;

    /// <summary>Receives a line for each failure that does not refuse an upload. Default: discarded.</summary>
    public TextWriter Errors { get; init; } = TextWriter.Null;
}
