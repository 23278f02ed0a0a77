using System.IO.Compression;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Cuts a recording into the payloads of Chunk frames, packed with Brotli or as it is; fixed memory.</summary>
internal sealed class RecordingPacker : IDisposable
{
    // Quality 4 with a window of 256 KiB: rows repeat their neighbours, more effort gives little and costs much.
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

    /// <summary>Reads <paramref name="source"/> from where it stands to its end; leaves it open.</summary>
    public RecordingPacker(Stream source, bool isBrotli)
    {
        _source = source;
        _isBrotli = isBrotli;
        if (isBrotli)
            _encoder = new BrotliEncoder(Quality, WindowBits);
    }

    /// <summary>
    /// Fills the payload of the next Chunk, <see cref="ClockLimits.ChunkBytes"/> at most; answers with its length, and
    /// with 0 once, at the end: the empty chunk that ends a recording.
    /// </summary>
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

            // With all input in and room left, the encoder has given all it had.
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
