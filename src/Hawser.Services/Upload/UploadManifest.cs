using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>The folder's own record, <c>manifest.ndjson</c>: one JSON line per upload, appended whole.</summary>
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
        _log = PosixFile.OpenLog(Path.Combine(settings.Folder, FileName), settings.Mode);
        _sync = settings.Sync;
    }

    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public void Append(UploadRecord record)
    {
        byte[] line = [.. record.ToJson(), LineFeed];
        lock (_gate)
        {
            long length = RandomAccess.GetLength(_log);
            // A line that was cut, by a full disk or a kill, must not take this one with it.
            RandomAccess.Write(_log, IsCut(length) ? [LineFeed, .. line] : line, length);
            if (_sync)
                RandomAccess.FlushToDisk(_log);
        }
    }

    /// <summary>Reads a manifest.</summary>
    /// <returns>For each line its number and its record, or null for a line that is not one: it was cut.</returns>
    /// <exception cref="IOException">There is no manifest, or it cannot be read.</exception>
    public static IEnumerable<(int Line, UploadRecord? Record)> Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new FileNotFoundException($"{folder} has no {FileName}; serve it with --manifest", path);
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
            yield return (++number, UploadRecord.TryParse(line));
    }

    public void Dispose() => _log.Dispose();

    private bool IsCut(long length)
    {
        Span<byte> last = stackalloc byte[1];
        return length > 0 && RandomAccess.Read(_log, last, length - 1) == 1 && last[0] != LineFeed;
    }
}
