using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>
/// Takes the payloads of Chunk frames, unpacks them into a stream, and tells whether the recording is the one on the
/// roster. Never writes more bytes than the roster says, however the peer packed them.
/// </summary>
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

    /// <summary>Expects the recording that the roster says; the destination is left open. With a check, nothing is
    /// unpacked beyond the first line that is not part of a recording.</summary>
    public RecordingUnpacker(
        Stream destination, RecordingDigest expected, bool isBrotli, RecordingCheck? check = null)
    {
        _check = check;
        _destination = destination;
        _expected = expected;
        _isBrotli = isBrotli;
    }

    /// <summary>Takes a chunk that is not empty. Anything but delivered ends the transfer.</summary>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public DeliveryOutcome Take(ReadOnlySpan<byte> chunk)
    {
        if (!_isBrotli)
            return Store(chunk);

        // A Brotli stream can go on for ever and unpack to nothing; an honest one is hardly longer than what it holds.
        _packedBytes += chunk.Length;
        return _packedBytes > _expected.Bytes + (_expected.Bytes / 1024) + 1024
            ? DeliveryOutcome.WrongSize
            : Unpack(chunk);
    }

    /// <summary>After the empty chunk: whether what came is what was expected.</summary>
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
