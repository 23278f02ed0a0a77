using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.Services.Upload;

/// <summary>Raw bytes into numbered files.</summary>
public sealed class UploadService : Service
{
    /// <summary><c>DIR</c>.</summary>
    public static readonly ServiceOption<string> Folder =
        new("dir", "DIR", "where the files go; with --sink, where bytes wait for it; created if missing", "uploads", text => text);

    /// <summary><c>--max-bytes SIZE</c>.</summary>
    public static readonly ServiceOption<long> MaxBytes =
        new("max-bytes", "SIZE", "bytes of one upload at most, or none: no limit", "10GB", ParseSizeLimit);

    /// <summary><c>--quota SIZE</c>.</summary>
    public static readonly ServiceOption<long> Quota =
        new("quota", "SIZE", "bytes of all files in DIR, or all uploads of --sink, at most; none: no limit", "50GB", ParseSizeLimit);

    /// <summary><c>--max-files N</c>.</summary>
    public static readonly ServiceOption<long> MaxFiles =
        new("max-files", "N", "files in DIR, or uploads of --sink, at most; none: no limit", "100000", ParseFileLimit);

    /// <summary><c>--min-free SIZE</c>.</summary>
    public static readonly ServiceOption<long> MinFree =
        new("min-free", "SIZE", "bytes that stay free on the disk", "0", Quantity.ParseSize);

    /// <summary><c>--mode OCTAL</c>.</summary>
    public static readonly ServiceOption<UnixFileMode> Mode =
        new("mode", "OCTAL", "permissions of the files", "0640", ParseMode);

    /// <summary><c>--sync</c>.</summary>
    public static readonly ServiceOption<bool> Sync =
        new("sync", null, "make file and folder durable before the receipt", null, bool.Parse);

    /// <summary><c>--no-receipt</c>.</summary>
    public static readonly ServiceOption<bool> NoReceipt =
        new("no-receipt", null, "send no receipt", null, bool.Parse);

    /// <summary><c>--hash sha256|xxh128|none</c>.</summary>
    public static readonly ServiceOption<UploadHash> Hash = new(
        "hash", "HASH", "the hash in receipts and manifest: sha256, xxh128 (fast, finds accidents, not attackers) or none",
        "sha256", UploadDigest.ParseFunction)
    {
        Choices = UploadDigest.Functions,
    };

    /// <summary><c>--manifest</c>.</summary>
    public static readonly ServiceOption<bool> Manifest =
        new("manifest", null, "append a line per upload to DIR/manifest.ndjson", null, bool.Parse);

    /// <summary><c>--ledger URL</c>.</summary>
    public static readonly ServiceOption<string> Ledger = new(
        "ledger", "URL", "number uploads in a database that many servers share, like postgres://host/database",
        null, text => ParseAddress(text, "postgres://", "postgresql://"));

    /// <summary><c>--sink URL</c>.</summary>
    public static readonly ServiceOption<string> Sink = new(
        "sink", "URL", "store uploads in an object store that many servers share, like s3://bucket/prefix",
        null, text => ParseAddress(text, "s3://"));

    /// <summary><c>--lease DURATION</c>.</summary>
    public static readonly ServiceOption<TimeSpan> Lease = new(
        "lease", "DURATION", "with --ledger: how long a server that has died keeps its uploads, 1s to 1h", "30s", ParseLease);

    private const string NoLimit = "none";
    private const int DemoUploads = 10;
    private const int DemoBytes = 3_000_000;

    /// <inheritdoc/>
    public override string Name => "upload";

    /// <inheritdoc/>
    public override string Summary => "stores what each client sends as a numbered file, whole or not at all";

    /// <inheritdoc/>
    public override int DefaultPort => 8002;

    /// <inheritdoc/>
    public override int LowestPort => 1024;

    /// <inheritdoc/>
    public override bool PortIsArgument => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceOption> Arguments => [Folder];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceOption> Options =>
        [MaxBytes, Quota, MaxFiles, MinFree, Mode, Sync, Hash, NoReceipt, Manifest, Ledger, Sink, Lease];

    /// <inheritdoc/>
    public override bool TakesToken => true;

    /// <inheritdoc/>
    public override ServerLimits DefaultLimits => new()
    {
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        IdleTimeout = TimeSpan.FromSeconds(10),
    };

    /// <inheritdoc/>
    public override void Check(ServiceSettings settings)
    {
        bool computesHash = settings.Get(Hash) != UploadHash.None;
        if (!IsShared(settings))
        {
            if (settings.IsSet(Lease))
                throw new FormatException("--lease: applies only with --ledger and --sink");
            if (settings.Has(Manifest) && !computesHash)
                throw new FormatException("--manifest: needs a hash; use --hash sha256 or xxh128");
            return;
        }
        if (!settings.IsSet(Ledger))
            throw new FormatException("--sink: needs --ledger, which numbers the uploads");
        if (!settings.IsSet(Sink))
            throw new FormatException("--ledger: needs --sink, where the bytes go");
        ServiceOption? folderOnly = settings.IsSet(MinFree) ? MinFree
            : settings.IsSet(Mode) ? Mode
            : settings.Has(Sync) ? Sync
            : settings.Has(Manifest) ? Manifest
            : null;
        if (folderOnly is not null)
            throw new FormatException($"--{folderOnly.Name}: applies to a folder, not to --sink");
        if (!computesHash)
            throw new FormatException("--hash: the ledger needs one; use sha256 or xxh128");
    }

    /// <inheritdoc/>
    public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment) =>
        new UploadHandler(
            IsShared(settings) ? OpenShared(settings, environment) : OpenFolder(settings, environment),
            sendsReceipt: !settings.Has(NoReceipt), environment);

    /// <inheritdoc/>
    public override string Destination(ServiceSettings settings) =>
        settings.Find(Sink) ?? Path.GetFullPath(settings.Get(Folder));

    /// <inheritdoc/>
    public override string DescribeBounds(ServiceSettings settings) =>
        $"limits: {TextOf(settings.Get(MaxBytes))} per upload (--max-bytes), {TextOf(settings.Get(Quota))} (--quota) and "
        + $"{CountOf(settings.Get(MaxFiles))} files (--max-files) in {(settings.IsSet(Sink) ? "the collection" : "the folder")}";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder)
    {
        string stored = Path.Combine(folder, "stored");
        ServiceSettings settings = new ServiceSettings().Set(Folder, stored).Set(Manifest, "true");
        await using ServiceHost host = ServiceHost.StartForDemonstration(this, settings, model, Stream.Null);
        long begin = Stopwatch.GetTimestamp();
        UploadOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(1, DemoUploads)
            .Select(n => OwnThread.RunAsync(
                () => UploadOneAsync(host.EndPoint, Path.Combine(folder, $"upload-{n}"), DemoBytes + n))));
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        await host.StopAsync();

        string? difference = outcomes.All(outcome => outcome.IsVerified) ? null : "a receipt differs";
        UploadVerification found = UploadVerifier.Verify(stored, line => difference ??= line);
        if (found.Verified != DemoUploads)
            difference ??= $"{found.Verified} of {DemoUploads} files verified";
        return [new($"{DemoUploads} files of 3 MB at once, receipts and manifest checked",
            outcomes.Sum(outcome => outcome.BytesSent), time, difference)];
    }

    private static bool IsShared(ServiceSettings settings) => settings.IsSet(Ledger) || settings.IsSet(Sink);

    private static UploadFolder OpenFolder(ServiceSettings settings, ServiceEnvironment environment) =>
        new(
            new UploadSettings
            {
                Folder = settings.Get(Folder),
                MaxBytes = settings.Get(MaxBytes),
                QuotaBytes = settings.Get(Quota),
                MaxFiles = settings.Get(MaxFiles),
                MinFreeBytes = settings.Get(MinFree),
                Mode = settings.Get(Mode),
                Sync = settings.Has(Sync),
                Hash = settings.Get(Hash),
                Receipt = !settings.Has(NoReceipt),
                Manifest = settings.Has(Manifest),
            },
            environment.Errors);

    private static IUploadStore OpenShared(ServiceSettings settings, ServiceEnvironment environment)
    {
        if (environment.OpenUploadStore is not { } open)
            throw new FormatException("--ledger: this program has no Hawser.Cluster");
        return open(new UploadStoreOptions
        {
            Ledger = settings.Get(Ledger),
            Sink = settings.Get(Sink),
            Spool = settings.Get(Folder),
            Lease = settings.Get(Lease),
            MaxBytes = settings.Get(MaxBytes),
            QuotaBytes = settings.Get(Quota),
            MaxFiles = settings.Get(MaxFiles),
            Hash = settings.Get(Hash),
            Errors = environment.Errors,
        });
    }

    private static async Task<UploadOutcome> UploadOneAsync(EndPoint server, string path, int bytes)
    {
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(bytes));
        await using FileStream source = File.OpenRead(path);
        return await UploadClient.SendAsync(server, source, new UploadClientOptions());
    }

    private static string TextOf(long bytes) =>
        bytes == long.MaxValue ? "unlimited" : Quantity.FormatSize(bytes);

    private static string CountOf(long files) => files == long.MaxValue ? "unlimited" : $"{files}";

    private static string ParseAddress(string text, params ReadOnlySpan<string> schemes)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.UserInfo.Contains(':', StringComparison.Ordinal)
            || text.Contains("password=", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("holds a password; put it into ~/.pgpass (mode 0600) or ~/.aws/credentials");
        }
        foreach (string scheme in schemes)
        {
            if (text.StartsWith(scheme, StringComparison.Ordinal) && text.Length > scheme.Length)
                return text;
        }
        // It may hold a password.
        throw new FormatException($"the address has to begin with {schemes[0]}, and something after it");
    }

    private static TimeSpan ParseLease(string text) =>
        Quantity.ParseDuration(text) is var lease && lease >= TimeSpan.FromSeconds(1) && lease <= TimeSpan.FromHours(1)
            ? lease
            : throw new FormatException($"'{text}' is not between 1s and 1h");

    private static long ParseSizeLimit(string text) => text == NoLimit ? long.MaxValue : Quantity.ParseSize(text);

    private static long ParseFileLimit(string text) =>
        text == NoLimit ? long.MaxValue : Quantity.ParseInt(text, "number of files", 0, int.MaxValue);

    private static UnixFileMode ParseMode(string text)
    {
        const int Permissions = 0x1ff; // 0777
        try
        {
            int mode = Convert.ToInt32(text, 8);
            return mode is >= 0 and <= Permissions ? (UnixFileMode)mode : throw new FormatException();
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"'{text}' is not a file mode; write it in octal, like 0640"));
        }
    }
}
