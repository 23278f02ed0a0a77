using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>The manifest of a folder, <c>manifest.ndjson</c>: one JSON line per upload.</summary>
internal sealed class UploadManifest : IDisposable
{
    public const string FileName = "manifest.ndjson";

    private const byte LineFeed = (byte)'\n';

    private readonly SafeFileHandle _log;
    private readonly Lock _gate = new();
    private readonly bool _sync;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public UploadManifest(UploadSettings settings)
    {
        string path = Path.Combine(settings.Folder, FileName);
        RegularFile.Require(path);
        _log = PosixFile.OpenLog(path, settings.Mode);
        _sync = settings.Sync;
    }

    /// <summary>Appends a line with one write.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Append(UploadRecord record)
    {
        byte[] line = [.. record.ToJson(), LineFeed];
        lock (_gate)
        {
            // A line that another server is writing becomes visible in parts.
            using (PosixFile.Lock(_log))
            {
                long length = RandomAccess.GetLength(_log);
                // A full disk or a kill may have truncated the last line: this one must not continue it.
                RandomAccess.Write(_log, IsTruncated(length) ? [LineFeed, .. line] : line, length);
            }
            if (_sync)
                RandomAccess.FlushToDisk(_log);
        }
    }

    /// <summary>The lines of a folder's manifest.</summary>
    /// <exception cref="IOException">There is no manifest, or it cannot be read.</exception>
    public static IEnumerable<string> Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: no such folder");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{folder} has no {FileName}; serve it with --manifest", path);
        RegularFile.Require(path);
        return File.ReadLines(path, Encoding.UTF8);
    }

    public void Dispose() => _log.Dispose();

    private bool IsTruncated(long length)
    {
        Span<byte> last = stackalloc byte[1];
        return length > 0 && RandomAccess.Read(_log, last, length - 1) == 1 && last[0] != LineFeed;
    }
}
