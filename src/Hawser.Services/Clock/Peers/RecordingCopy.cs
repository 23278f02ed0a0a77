using System.Security.Cryptography;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Receives a peer's recording. The copy has a temporary name until its hash and its format are verified; then
/// it is renamed, or appended to earlier runs. A failed transfer leaves no file and does not change earlier
/// runs.</summary>
internal sealed class RecordingCopy : IDisposable
{
    private readonly string _path;
    private readonly string _partPath;
    private readonly RecordingDigest _expected;
    private readonly FileStream _part;
    private readonly RecordingUnpacker _unpacker;

    /// <summary>Begins a copy at <see cref="TimeDataWriter.CopyPath"/> and creates its folder.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The permissions forbid it.</exception>
    public RecordingCopy(string path, RecordingDigest expected, bool isBrotli)
    {
        _path = path;
        _partPath = path + ".part";
        _expected = expected;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _part = new FileStream(_partPath, FileMode.Create, FileAccess.Write, FileShare.None);
        _unpacker = new RecordingUnpacker(_part, expected, isBrotli, new RecordingCheck());
    }

    /// <summary>Takes a non-empty chunk. Any outcome other than delivered ends the transfer.</summary>
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

    /// <summary>Call after the empty chunk: verifies the copy and gives it its name.</summary>
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

    /// <summary>Appends the copy to the runs of earlier sessions. On failure they do not change.</summary>
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

    // After a lost receipt, the pair meets again and the copy exists.
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
