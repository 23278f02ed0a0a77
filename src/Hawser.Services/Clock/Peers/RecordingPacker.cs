using System.IO.Compression;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Splits a recording into the payloads of Chunk frames, uncompressed or with Brotli, in constant
/// memory.</summary>
internal sealed class RecordingPacker : IDisposable
{
    // Quality 4 with a window of 256 KiB: rows repeat their neighbours, and a higher quality costs much for little.
    private const int Quality = 4;
    private const int WindowBits = 18;
    private const int SourceBytes = 32_768;

    private readonly Stream _source;
    private readonly byte[] _read = new byte[SourceBytes];
    private readonly bool _isBrotli;
    private BrotliEncoder _encoder;
    private int _start;
    private int _end;
    private bool _sourceEnded;
    private bool _ended;

    /// <summary>Reads <paramref name="source"/> from its position to its end; leaves it open.</summary>
    public RecordingPacker(Stream source, bool isBrotli)
    {
        _source = source;
        _isBrotli = isBrotli;
        if (isBrotli)
            _encoder = new BrotliEncoder(Quality, WindowBits);
    }

    /// <summary>Fills the payload of the next Chunk with at most <see cref="ClockLimits.ChunkBytes"/>. Returns its
    /// length; 0 at the end, for the empty last chunk.</summary>
    public int Pack(Span<byte> payload)
    {
        payload = payload[..Math.Min(payload.Length, ClockLimits.ChunkBytes)];
        return _isBrotli ? PackBrotli(payload) : Copy(payload);
    }

    public void Dispose() => _encoder.Dispose();

    private int Copy(Span<byte> payload) => _source.ReadAtLeast(payload, payload.Length, throwOnEndOfStream: false);

    private int PackBrotli(Span<byte> payload)
    {
        int filled = 0;
        while (filled < payload.Length && !_ended)
        {
            Fill();
            _encoder.Compress(
                _read.AsSpan(_start, _end - _start), payload[filled..], out int taken, out int written, _sourceEnded);
            _start += taken;
            filled += written;

            // With all input read and room left, the encoder is finished.
            _ended = _sourceEnded && _start == _end && filled < payload.Length;
        }

        return filled;
    }

    private void Fill()
    {
        if (_start < _end || _sourceEnded)
            return;
        _start = 0;
        _end = _source.Read(_read);
        _sourceEnded = _end == 0;
    }
}
