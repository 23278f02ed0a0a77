using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Unpacks the payloads of Chunk frames into a stream and verifies the recording against the roster. Never
/// writes more bytes than the roster says.</summary>
internal sealed class RecordingUnpacker : IDisposable
{
    private readonly Stream _destination;
    private readonly RecordingDigest _expected;
    private readonly bool _isBrotli;
    private readonly RecordingCheck? _check;
    private readonly byte[] _unpacked = new byte[ClockLimits.ChunkBytes];
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private BrotliDecoder _decoder;
    private long _bytes;
    private long _packedBytes;
    private bool _streamEnded;

    /// <summary>Expects the recording of the roster; leaves the destination open. With a check, unpacking ends at the
    /// first line that is not part of a recording.</summary>
    public RecordingUnpacker(
        Stream destination, RecordingDigest expected, bool isBrotli, RecordingCheck? check = null)
    {
        _check = check;
        _destination = destination;
        _expected = expected;
        _isBrotli = isBrotli;
    }

    /// <summary>Takes a non-empty chunk. Any outcome other than delivered ends the transfer.</summary>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public DeliveryOutcome Take(ReadOnlySpan<byte> chunk)
    {
        if (!_isBrotli)
            return Store(chunk);

        // A Brotli stream can be endless and unpack to nothing; an honest one is hardly longer than its content.
        _packedBytes += chunk.Length;
        return _packedBytes > _expected.Bytes + (_expected.Bytes / 1024) + 1024
            ? DeliveryOutcome.WrongSize
            : Unpack(chunk);
    }

    /// <summary>Call after the empty chunk: compares size and hash with the roster.</summary>
    public DeliveryOutcome Finish()
    {
        if (_bytes < _expected.Bytes || (_isBrotli && !_streamEnded))
            return DeliveryOutcome.CutShort;
        return new RecordingDigest(_bytes, _sha256.GetHashAndReset()) != _expected ? DeliveryOutcome.WrongHash
            : _check is { IsWhole: false } ? DeliveryOutcome.NotARecording
            : DeliveryOutcome.Delivered;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _sha256.Dispose();
    }

    private DeliveryOutcome Unpack(ReadOnlySpan<byte> chunk)
    {
        while (true)
        {
            if (_streamEnded)
                return chunk.IsEmpty ? DeliveryOutcome.Delivered : DeliveryOutcome.BrokenProtocol;
            OperationStatus status = _decoder.Decompress(chunk, _unpacked, out int taken, out int written);
            if (status == OperationStatus.InvalidData)
                return DeliveryOutcome.BrokenProtocol;
            if (Store(_unpacked.AsSpan(0, written)) is not DeliveryOutcome.Delivered and var failed)
                return failed;
            chunk = chunk[taken..];
            _streamEnded = status == OperationStatus.Done;
            if (status == OperationStatus.NeedMoreData)
                return DeliveryOutcome.Delivered;
        }
    }

    private DeliveryOutcome Store(ReadOnlySpan<byte> content)
    {
        if (content.Length > _expected.Bytes - _bytes)
            return DeliveryOutcome.WrongSize;
        if (_check?.Take(content) == false)
            return DeliveryOutcome.NotARecording;
        _destination.Write(content);
        _sha256.AppendData(content);
        _bytes += content.Length;
        return DeliveryOutcome.Delivered;
    }
}
