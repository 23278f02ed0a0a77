using System.Globalization;

namespace Hawser.Services.Upload;

/// <summary>A folder of numbered files, each whole or absent.</summary>
/// <remarks>
/// The n-th upload is written to the hidden <c>.n.part</c>, which is created so that it cannot exist already and stays
/// locked while it is written, and gets its name <c>n.file</c> by a link that cannot overwrite. At any instant a number
/// that somebody has stands in the folder, as part or as file: so any number of servers may share the folder. A part that
/// nobody has locked is a leftover of a server that was killed.
/// </remarks>
internal sealed class UploadFolder
{
    /// <summary>Ends the name of a stored file.</summary>
    public const string Suffix = ".file";

    private const string PartPrefix = ".";
    private const string PartSuffix = ".part";
    private const int EEXIST = 17;
    private const int EAGAIN = 11;

    private readonly string _path;
    private readonly UploadSettings _settings;
    private long _last;
    private long _bytes;

    /// <summary>Opens the folder, makes it if it is missing, and removes leftovers.</summary>
    /// <exception cref="IOException">It cannot be made or read.</exception>
    public UploadFolder(UploadSettings settings)
    {
        _settings = settings;
        _path = Directory.CreateDirectory(settings.Folder).FullName;
        foreach (FileInfo file in new DirectoryInfo(_path).EnumerateFiles())
        {
            if (TryParseName(file.Name, out long number))
                _bytes += file.Length;
            else if (!TryParsePart(file.Name, out number) || TryRemoveLeftover(file.FullName))
                continue;
            _last = Math.Max(_last, number);
        }
    }

    /// <summary>Bytes in the folder, uploads under way included, as far as this server knows.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Whether a name is that of a stored file, and which.</summary>
    public static bool TryParseName(string name, out long number) => TryParse(name, "", Suffix, out number);

    /// <summary>Takes the next number.</summary>
    /// <exception cref="IOException">The folder takes no more files.</exception>
    public UploadFile Begin()
    {
        while (true)
        {
            long number = Interlocked.Increment(ref _last);
            string part = Path.Combine(_path, $"{PartPrefix}{number}{PartSuffix}");
            string final = Path.Combine(_path, $"{number}{Suffix}");
            if (File.Exists(final))
                continue;
            try
            {
                var file = new UploadFile(number, part, final, _settings, this);
                // Another server may have had this number and finished between the two looks.
                if (!File.Exists(final))
                    return file;
                file.Dispose();
            }
            catch (IOException e) when (e.HResult is EEXIST or EAGAIN)
            {
                // Another server is writing that number, or is removing what it takes for a leftover.
            }
        }
    }

    /// <summary>Accounts for bytes that are about to be written; whoever claims releases, refused or not.</summary>
    /// <exception cref="UploadRefusedException">They do not fit.</exception>
    public void Claim(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) > _settings.QuotaBytes)
            throw new UploadRefusedException($"the folder's quota of {_settings.QuotaBytes} bytes is used up");
        if (_settings.MinFreeBytes > 0 && new DriveInfo(_path).AvailableFreeSpace - bytes < _settings.MinFreeBytes)
            throw new UploadRefusedException($"less than {_settings.MinFreeBytes} bytes would be left on the disk");
    }

    /// <summary>Takes back what <see cref="Claim"/> accounted for.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    private static bool TryParsePart(string name, out long number) => TryParse(name, PartPrefix, PartSuffix, out number);

    private static bool TryParse(string name, string prefix, string suffix, out long number)
    {
        number = 0;
        return name.StartsWith(prefix, StringComparison.Ordinal)
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && name.Length > prefix.Length + suffix.Length
            && long.TryParse(name.AsSpan(prefix.Length..^suffix.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out number)
            && name[prefix.Length] != '0'
            && number is > 0 and < long.MaxValue / 2;
    }

    private static bool TryRemoveLeftover(string path)
    {
        try
        {
            // Opening takes the lock, which a living server would have.
            using (File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
