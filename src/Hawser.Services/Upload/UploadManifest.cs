using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>The folder's own record, <c>manifest.ndjson</c>: one JSON line per upload, appended whole.</summary>
internal sealed class UploadManifest : IDisposable
{
    public const string FileName = "manifest.ndjson";

    private readonly SafeFileHandle _log;
    private readonly Lock _gate = new();
    private readonly bool _sync;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public UploadManifest(UploadSettings settings)
    {
        _log = DurableFolder.OpenLog(Path.Combine(settings.Folder, FileName), settings.Mode);
        _sync = settings.Sync;
    }

    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public void Append(UploadRecord record)
    {
        byte[] line = [.. record.ToJson(), (byte)'\n'];
        lock (_gate)
        {
            RandomAccess.Write(_log, line, RandomAccess.GetLength(_log));
            if (_sync)
                RandomAccess.FlushToDisk(_log);
        }
    }

    /// <summary>Reads a manifest.</summary>
    /// <returns>For each line its number and its record, or null for a line that is not one: it was cut.</returns>
    public static IEnumerable<(int Line, UploadRecord? Record)> Read(string folder)
    {
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(folder, FileName), Encoding.UTF8))
            yield return (++number, UploadRecord.TryParse(line));
    }

    public void Dispose() => _log.Dispose();
}
