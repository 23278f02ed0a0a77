using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>A folder of numbered files, each complete or absent.</summary>
/// <remarks>Upload n is written to the hidden <c>.n.part</c>, which must not exist before and stays locked meanwhile. It
/// gets its name <c>n.file</c> by a link that cannot overwrite. Every number in use is in the folder at any time, as part
/// or as file, so several servers may share the folder if its file system has locks (flock(2)). An unlocked part is a
/// leftover of a killed server.</remarks>
internal sealed class UploadFolder : IUploadStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly UploadSettings _settings;
    private readonly TextWriter _errors;
    private readonly UploadManifest? _manifest;
    private readonly FolderUsage _usage;
    private readonly long _highestAtStart;
    private long _allTakenUpTo;

    /// <summary>Opens the folder, creates it if it is missing, and removes leftovers.</summary>
    /// <param name="settings">The folder and its limits.</param>
    /// <param name="errors">Receives a line per upload that is stored, but not as promised.</param>
    /// <exception cref="IOException">It cannot be created or read.</exception>
    public UploadFolder(UploadSettings settings, TextWriter errors)
    {
        _settings = settings;
        _errors = errors;
        _path = OutputFolder.Create(settings.Folder);
        if (settings.Sync && Path.GetDirectoryName(_path) is { } parent)
            PosixFile.FlushFolder(parent);
        foreach (FileSystemInfo entry in new DirectoryInfo(_path).EnumerateFileSystemInfos())
        {
            if (UploadName.TryParse(entry.Name, out long number)
                || (UploadName.TryParsePart(entry.Name, out number) && !TryRemoveLeftover(entry)))
            {
                _highestAtStart = Math.Max(_highestAtStart, number);
            }
        }
        _allTakenUpTo = _highestAtStart;
        _usage = new FolderUsage(settings, CountStored);
        _manifest = settings.Manifest ? new UploadManifest(settings) : null;
        Prepare();
    }

    /// <summary>The file, and with <see cref="UploadSettings.Sync"/> the folder.</summary>
    public int DescriptorsPerUpload => _settings.Sync ? 2 : 1;

    /// <summary>Begins the upload of a connection. The n-th connection gets the n-th number after the highest one at the
    /// start, whatever the order of these calls. Numbers of another server are skipped.</summary>
    /// <exception cref="UploadRefusedException">A limit leaves no room for a file with <c>ERROR</c>.</exception>
    /// <exception cref="IOException">The folder is not writable.</exception>
    public async Task<IPendingUpload> BeginAsync(Connection connection)
    {
        await _usage.RecountIfDueAsync(connection.Time);
        var peer = $"{connection.RemoteEndPoint}";
        UsageShare share = _usage.Reserve();
        try
        {
            long number = Math.Max(_highestAtStart + connection.Id, Volatile.Read(ref _allTakenUpTo) + 1);
            while (true)
            {
                if (TryBegin(number, peer, share) is { } file)
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

    /// <summary>Checks that enough of the disk stays free after so many bytes more.</summary>
    /// <exception cref="UploadRefusedException">Too little would be left.</exception>
    public void CheckFree(int bytes)
    {
        if (_settings.MinFreeBytes > 0 && new DriveInfo(_path).AvailableFreeSpace - bytes < _settings.MinFreeBytes)
            throw new UploadRefusedException($"less than {_settings.MinFreeBytes} bytes would be left on the disk");
    }

    /// <summary>Appends to the manifest, if there is one.</summary>
    public void Record(UploadRecord record)
    {
        try
        {
            _manifest?.Append(record);
        }
        catch (IOException e)
        {
            // The file is stored, as the receipt says; a verification reports it as unlisted.
            Report($"{UploadName.Of(record.Number)} is not in the manifest: {e.Message}; make room on the disk");
        }
    }

    /// <summary>Logs that a promise could not be kept.</summary>
    public void Report(string what) => _errors.WriteLine($"ERROR: {what}");

    /// <summary>Closes the manifest.</summary>
    public ValueTask DisposeAsync()
    {
        _manifest?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Loads the assemblies that the end of an upload needs, while descriptors are left for that.</summary>
    private void Prepare()
    {
        _ = new DriveInfo(_path).AvailableFreeSpace;
        if (_settings.ComputesHash)
        {
            using var hasher = new UploadHasher(_settings.Hash);
            hasher.Finish();
        }
        if (_settings.Manifest)
            new UploadRecord(0, "", default, default, 0, null, null).ToJson();
    }

    /// <returns>Null if another server has the number.</returns>
    private UploadFile? TryBegin(long number, string peer, UsageShare share)
    {
        string part = Path.Combine(_path, UploadName.OfPart(number));
        string final = Path.Combine(_path, UploadName.Of(number));
        if (Path.Exists(final))
            return null;
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(handle, OwnerOnly);
            // Between the two checks another server may have published this number. Between the creation of the part and
            // its lock, a starting server may have removed it as a leftover.
            bool isOurs = PosixFile.IsNamed(handle, part);
            if (isOurs && !Path.Exists(final))
            {
                var file = new UploadFile(number, peer, handle, part, final, _settings, this, share);
                handle = null;
                return file;
            }
            if (isOurs)
                File.Delete(part);
        }
        catch (IOException e) when (e.HResult is PosixFile.EEXIST or PosixFile.EAGAIN)
        {
            // Another server writes this number, or removes its part as a leftover.
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
            if (UploadName.TryParse(file.Name, out _) && file.Exists)
                stored += new UsageCount(1, file.Length);
        }
        return stored;
    }

    private static bool TryRemoveLeftover(FileSystemInfo part)
    {
        try
        {
            // Opening takes the lock, and fails if a running server has it. A link is no server's part.
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
