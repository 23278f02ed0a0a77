using System.Globalization;
using Microsoft.Win32.SafeHandles;

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

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string PartPrefix = ".";
    private const string PartSuffix = ".part";

    private readonly string _path;
    private readonly UploadSettings _settings;
    private readonly FolderUsage _usage;
    private readonly long _highestAtStart;
    private long _allTakenUpTo;

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
                || (TryParsePart(entry.Name, out number) && !TryRemoveLeftover(entry)))
            {
                _highestAtStart = Math.Max(_highestAtStart, number);
            }
        }
        _allTakenUpTo = _highestAtStart;
        _usage = new FolderUsage(settings, CountStored);
    }

    /// <summary>Whether a name is that of a stored file, and which.</summary>
    public static bool TryParseName(string name, out long number) => TryParse(name, "", Suffix, out number);

    /// <inheritdoc cref="FolderUsage.RecountIfDueAsync"/>
    public Task RecountIfDueAsync(TimeProvider time) => _usage.RecountIfDueAsync(time);

    /// <summary>Takes the number of a connection: the n-th since the start gets the n-th number after the highest that
    /// was there, whichever thread comes here first. A number that another server has is passed over.</summary>
    /// <exception cref="UploadRefusedException">There is no room for a file, not even with <c>ERROR</c>.</exception>
    /// <exception cref="IOException">The folder takes no more files.</exception>
    public UploadFile Begin(long connection)
    {
        UsageShare share = _usage.Reserve();
        try
        {
            long number = Math.Max(_highestAtStart + connection, Volatile.Read(ref _allTakenUpTo) + 1);
            while (true)
            {
                if (TryBegin(number, share) is { } file)
                    return file;
                Interlocked.CompareExchange(ref _allTakenUpTo, number, number - 1);
                number++;
            }
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }

    /// <summary>Sees to it that enough of the disk stays free.</summary>
    /// <exception cref="UploadRefusedException">So many bytes more would be too many.</exception>
    public void CheckFree(int bytes)
    {
        if (_settings.MinFreeBytes > 0 && new DriveInfo(_path).AvailableFreeSpace - bytes < _settings.MinFreeBytes)
            throw new UploadRefusedException($"less than {_settings.MinFreeBytes} bytes would be left on the disk");
    }

    /// <returns>Null when somebody else has the number.</returns>
    private UploadFile? TryBegin(long number, UsageShare share)
    {
        string part = Path.Combine(_path, $"{PartPrefix}{number}{PartSuffix}");
        string final = Path.Combine(_path, $"{number}{Suffix}");
        if (Path.Exists(final))
            return null;
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(handle, OwnerOnly);
            // Between the two looks another server may have had this number and finished; between making the part and
            // locking it one that starts may have removed it as a leftover.
            bool isOurs = PosixFile.IsNamed(handle, part);
            if (isOurs && !Path.Exists(final))
            {
                var file = new UploadFile(number, handle, part, final, _settings, this, share);
                handle = null;
                return file;
            }
            if (isOurs)
                File.Delete(part);
        }
        catch (IOException e) when (e.HResult is PosixFile.EEXIST or PosixFile.EAGAIN)
        {
            // Another server is writing that number, or is removing what it takes for a leftover.
        }
        finally
        {
            handle?.Dispose();
        }
        return null;
    }

    private UsageCount CountStored()
    {
        UsageCount stored = default;
        foreach (FileInfo file in new DirectoryInfo(_path).EnumerateFiles())
        {
            if (TryParseName(file.Name, out _) && file.Exists)
                stored += new UsageCount(1, file.Length);
        }
        return stored;
    }

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

    private static bool TryRemoveLeftover(FileSystemInfo part)
    {
        try
        {
            // Opening takes the lock, which a living server would have. A link is no server's.
            using SafeFileHandle? locked = part.LinkTarget is not null
                ? null
                : File.OpenHandle(part.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(part.FullName);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
