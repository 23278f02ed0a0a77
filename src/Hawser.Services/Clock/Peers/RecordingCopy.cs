using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>
/// A peer's recording on its way to its place. It lies under a temporary name until its hash is right and it has
/// proved to be a recording, and then takes its own in one step; whatever goes wrong leaves nothing behind, and an
/// earlier good copy as it was.
/// </summary>
internal sealed class RecordingCopy : IDisposable
{
    private readonly string _path;
    private readonly string _partPath;
    private readonly FileStream _part;
    private readonly RecordingUnpacker _unpacker;

    /// <summary>Begins a copy at <see cref="TimeDataWriter.CopyPath"/>, making its folder.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
    public RecordingCopy(string path, RecordingDigest expected, bool isBrotli)
    {
        _path = path;
        _partPath = path + ".part";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _part = new FileStream(_partPath, FileMode.Create, FileAccess.Write, FileShare.None);
        _unpacker = new RecordingUnpacker(_part, expected, isBrotli, new RecordingCheck());
    }

    /// <summary>Takes a chunk that is not empty. Anything but delivered ends the transfer.</summary>
    public DeliveryOutcome Take(ReadOnlySpan<byte> chunk)
    {
        try
        {
            return _unpacker.Take(chunk);
        }
        catch (IOException)
        {
            return DeliveryOutcome.NotStored;
        }
    }

    /// <summary>After the empty chunk: checks what came and, if it is right, gives it its name.</summary>
    public DeliveryOutcome Finish()
    {
        DeliveryOutcome outcome = _unpacker.Finish();
        if (outcome != DeliveryOutcome.Delivered)
            return outcome;
        try
        {
            _part.Dispose();
            File.Move(_partPath, _path, overwrite: true);
            return DeliveryOutcome.Delivered;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return DeliveryOutcome.NotStored;
        }
    }

    public void Dispose()
    {
        _unpacker.Dispose();
        _part.Dispose();
        File.Delete(_partPath);
    }
}
