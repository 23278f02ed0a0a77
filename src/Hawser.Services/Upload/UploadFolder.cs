using System.Globalization;

namespace Hawser.Services.Upload;

/// <summary>A folder of numbered files, each whole or absent.</summary>
/// <remarks>
/// Upload n is written to the hidden <c>.n.part</c>, which is created so that it cannot exist already and stays locked
/// while it is written, and gets its name <c>n.file</c> by a link that cannot overwrite. At any instant a number that
/// somebody has stands in the folder, as part or as file: so any number of servers may share the folder, if its file
/// system has locks (flock(2)). A part that nobody has locked is a leftover of a server that was killed.
/// </remarks>
internal sealed class UploadFolder
{
    /// <summary>Ends the name of a stored file.</summary>
    public const string Suffix = ".file";

    private const string PartPrefix = ".";
    private const string PartSuffix = ".part";

    private readonly string _path;
    private readonly UploadSettings _settings;
    private readonly Lock _gate = new();
    private readonly long _highestAtStart;
    private long _allTakenUpTo;
    private long _storedBytes;
    private long _claimedBytes;

    /// <summary>Opens the folder, makes it if it is missing, and removes leftovers.</summary>
    /// <exception cref="IOException">It cannot be made or read.</exception>
    public UploadFolder(UploadSettings settings)
    {
        _settings = settings;
        _path = Directory.CreateDirectory(settings.Folder).FullName;
        if (settings.Sync && Path.GetDirectoryName(_path) is { } parent)
            PosixFile.FlushFolder(parent);
        foreach (FileSystemInfo entry in new DirectoryInfo(_path).EnumerateFileSystemInfos())
        {
            if (TryParseName(entry.Name, out long number)
                || (TryParsePart(entry.Name, out number) && !TryRemoveLeftover(entry.FullName)))
            {
                _highestAtStart = Math.Max(_highestAtStart, number);
            }
        }
        _allTakenUpTo = _highestAtStart;
        _storedBytes = MeasureStored();
    }

    /// <summary>Whether a name is that of a stored file, and which.</summary>
    public static bool TryParseName(string name, out long number) => TryParse(name, "", Suffix, out number);

    /// <summary>Takes the number of a connection: the n-th since the start gets the n-th number after the highest that
    /// was there, whichever thread comes here first. A number that another server has is passed over.</summary>
    /// <exception cref="IOException">The folder takes no more files.</exception>
    public UploadFile Begin(long connection)
    {
        long number = Math.Max(_highestAtStart + connection, Volatile.Read(ref _allTakenUpTo) + 1);
        while (true)
        {
            if (TryBegin(number) is { } file)
                return file;
            Interlocked.CompareExchange(ref _allTakenUpTo, number, number - 1);
            number++;
        }
    }

    /// <summary>Accounts for bytes that are about to be written.</summary>
    /// <exception cref="UploadRefusedException">They do not fit, and are not accounted for.</exception>
    public void Claim(int bytes)
    {
        if (_settings.MinFreeBytes > 0 && new DriveInfo(_path).AvailableFreeSpace - bytes < _settings.MinFreeBytes)
            throw new UploadRefusedException($"less than {_settings.MinFreeBytes} bytes would be left on the disk");
        lock (_gate)
        {
            // Somebody may have made room, or another server used it.
            if (!Fits(bytes))
                _storedBytes = MeasureStored();
            if (!Fits(bytes))
                throw new UploadRefusedException($"the folder's quota of {_settings.QuotaBytes} bytes is used up");
            _claimedBytes += bytes;
        }
    }

    /// <summary>Takes back what was claimed; so much of it is stored now.</summary>
    public void Settle(long claimed, long stored)
    {
        lock (_gate)
        {
            _claimedBytes -= claimed;
            _storedBytes += stored;
        }
    }

    private bool Fits(int bytes) => _storedBytes + _claimedBytes <= _settings.QuotaBytes - bytes;

    /// <returns>Null when somebody else has the number.</returns>
    private UploadFile? TryBegin(long number)
    {
        string part = Path.Combine(_path, $"{PartPrefix}{number}{PartSuffix}");
        string final = Path.Combine(_path, $"{number}{Suffix}");
        if (Path.Exists(final))
            return null;
        try
        {
            var file = new UploadFile(number, part, final, _settings, this);
            // Between the two looks another server may have had this number and finished; between making the part and
            // locking it one that starts may have removed it as a leftover.
            if (!Path.Exists(final) && PosixFile.HasName(file.Handle))
                return file;
            file.Dispose();
        }
        catch (IOException e) when (e.HResult is PosixFile.EEXIST or PosixFile.EAGAIN)
        {
            // Another server is writing that number, or is removing what it takes for a leftover.
        }
        return null;
    }

    private long MeasureStored() => new DirectoryInfo(_path).EnumerateFiles()
        .Where(file => TryParseName(file.Name, out _) && file.Exists)
        .Sum(file => file.Length);

    private static bool TryParsePart(string name, out long number) =>
        TryParse(name, PartPrefix, PartSuffix, out number);

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
