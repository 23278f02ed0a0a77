namespace Hawser.Services.Upload;

/// <summary>What an upload server allows, and what it does beside storing.</summary>
internal sealed record UploadSettings
{
    /// <summary>Where the files go.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes of one upload at the most. Default: no limit.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Bytes of all files of the folder at the most, uploads under way included, the manifest not. Default: no
    /// limit. Each of two servers on one folder learns what the other has stored when it counts again, after a
    /// refusal.</summary>
    public long QuotaBytes { get; init; } = long.MaxValue;

    /// <summary>Files in the folder at the most, those with <c>ERROR</c> and uploads under way included. Default: no
    /// limit.</summary>
    public long MaxFiles { get; init; } = long.MaxValue;

    /// <summary>Bytes that must stay free on the disk. Default 0.</summary>
    public long MinFreeBytes { get; init; }

    /// <summary>Make file and folder durable before the receipt. Default no.</summary>
    public bool Sync { get; init; }

    /// <summary>Answer with a receipt. Default yes.</summary>
    public bool Receipt { get; init; } = true;

    /// <summary>The hash of receipts and manifest; none is computed without both. Default SHA-256.</summary>
    public UploadHash Hash { get; init; } = UploadHash.Sha256;

    /// <summary>Whether an upload needs its hash.</summary>
    public bool ComputesHash => Hash != UploadHash.None && (Receipt || Manifest);

    /// <summary>Append a line per upload to the manifest. Default no.</summary>
    public bool Manifest { get; init; }

    /// <summary>Permissions of the files. Default 0640.</summary>
    public UnixFileMode Mode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
}
