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
        new("dir", "DIR", "where the files go; created if missing", "uploads", text => text);

    /// <summary><c>--max-bytes SIZE</c>.</summary>
    public static readonly ServiceOption<long> MaxBytes =
        new("max-bytes", "SIZE", "bytes of one upload at most, or none: no limit", "10GB", ParseSizeLimit);

    /// <summary><c>--quota SIZE</c>.</summary>
    public static readonly ServiceOption<long> Quota =
        new("quota", "SIZE", "bytes of all files in DIR at most, or none: no limit", "50GB", ParseSizeLimit);

    /// <summary><c>--max-files N</c>.</summary>
    public static readonly ServiceOption<long> MaxFiles =
        new("max-files", "N", "files in DIR at most, or none: no limit", "100000", ParseFileLimit);

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
        [MaxBytes, Quota, MaxFiles, MinFree, Mode, Sync, Hash, NoReceipt, Manifest];

    /// <inheritdoc/>
    public override bool TakesToken => true;

    /// <inheritdoc/>
    public override ServerLimits DefaultLimits => new()
    {
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        IdleTimeout = TimeSpan.FromSeconds(10),
    };

    /// <inheritdoc/>
    /// <exception cref="FormatException">A manifest without a hash could not be verified.</exception>
    public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment)
    {
        if (settings.Has(Manifest) && settings.Get(Hash) == UploadHash.None)
            throw new FormatException("--manifest: needs a hash; use --hash sha256 or xxh128");
        return new UploadHandler(
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
            environment.Events, environment.Errors, environment.Meter);
    }

    /// <inheritdoc/>
    public override string Destination(ServiceSettings settings) => Path.GetFullPath(settings.Get(Folder));

    /// <inheritdoc/>
    public override string DescribeBounds(ServiceSettings settings) =>
        $"limits: {TextOf(settings.Get(MaxBytes))} per upload (--max-bytes), {TextOf(settings.Get(Quota))} (--quota) and "
        + $"{CountOf(settings.Get(MaxFiles))} files (--max-files) in the folder";

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

    private static async Task<UploadOutcome> UploadOneAsync(EndPoint server, string path, int bytes)
    {
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(bytes));
        await using FileStream source = File.OpenRead(path);
        return await UploadClient.SendAsync(server, source, new UploadClientOptions());
    }

    private static string TextOf(long bytes) =>
        bytes == long.MaxValue ? "unlimited" : Quantity.FormatSize(bytes);

    private static string CountOf(long files) => files == long.MaxValue ? "unlimited" : $"{files}";

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
