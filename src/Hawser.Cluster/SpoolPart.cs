using Microsoft.Win32.SafeHandles;

namespace Hawser.Cluster;

/// <summary>Bytes on their way to the object store, in a file without a name: it ends with the process.</summary>
internal sealed class SpoolPart : IDisposable
{
    private readonly FileStream _file;

    /// <exception cref="IOException">The folder cannot be written.</exception>
    public SpoolPart(string folder)
    {
        string path = Path.Combine(folder, $".{Guid.NewGuid():N}.spool");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
    }

    /// <summary>Open for writing.</summary>
    public SafeFileHandle Handle => _file.SafeFileHandle;

    /// <summary>Bytes written; the writer counts them.</summary>
    public long Length { get; set; }

    /// <summary>All bytes, from the beginning. Valid until this is disposed.</summary>
    public Stream Read()
    {
        _file.Position = 0;
        return _file;
    }

    public void Dispose() => _file.Dispose();
}
