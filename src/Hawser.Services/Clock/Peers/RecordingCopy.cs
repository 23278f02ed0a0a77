using System.Security.Cryptography;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>
/// A peer's recording on its way to its place. It lies under a temporary name until its hash is right and it has
/// proved to be a recording. Then it takes its own name in one step, or is appended to the runs that have it; whatever
/// goes wrong leaves nothing behind, and earlier runs as they were.
/// </summary>
internal sealed class RecordingCopy : IDisposable
{
    private readonly string _path;
    private readonly string _partPath;
    private readonly RecordingDigest _expected;
    private readonly FileStream _part;
    private readonly RecordingUnpacker _unpacker;

    /// <summary>Begins a copy at <see cref="TimeDataWriter.CopyPath"/>, making its folder.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
    public RecordingCopy(string path, RecordingDigest expected, bool isBrotli)
    {
        _path = path;
        _partPath = path + ".part";
        _expected = expected;
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
            if (File.Exists(_path))
                Append();
            else
                File.Move(_partPath, _path);
            return DeliveryOutcome.Delivered;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return DeliveryOutcome.NotStored;
        }
    }

    /// <summary>Appends the copy to the runs of earlier sessions, or leaves them as they were.</summary>
    private void Append()
    {
        using var file = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        long length = file.Length;
        if (EndsWithCopy(file))
            return;
        try
        {
            file.Position = Math.Max(0, length - 1);
            if (length > 0 && file.ReadByte() != '\n')
                file.WriteByte((byte)'\n');
            using FileStream part = File.OpenRead(_partPath);
            part.CopyTo(file);
        }
        catch (IOException)
        {
            file.SetLength(length);
            throw;
        }
    }

    // A pair whose receipt was lost meets again, and the copy is there already.
    private bool EndsWithCopy(FileStream file)
    {
        if (file.Length < _expected.Bytes)
            return false;
        file.Position = file.Length - _expected.Bytes;
        return new RecordingDigest(_expected.Bytes, SHA256.HashData(file)) == _expected;
    }

    public void Dispose()
    {
        _unpacker.Dispose();
        _part.Dispose();
        File.Delete(_partPath);
    }
}
