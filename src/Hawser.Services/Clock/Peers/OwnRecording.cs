using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>A client's own recording, to send to its peers: the last run of its file. A small one is compressed once
/// and kept in memory.</summary>
internal sealed class OwnRecording
{
    // A larger one is compressed again for every peer.
    private const int MostKeptBytes = 8 << 20;

    private readonly string _path;
    private readonly long _start;
    private readonly Lazy<byte[]?> _packed;

    /// <param name="path">The file.</param>
    /// <param name="digest">Size and hash of the run.</param>
    /// <param name="start">The offset of the run, which extends to the end of the file.</param>
    public OwnRecording(string path, RecordingDigest digest, long start = 0)
    {
        (_path, Digest, _start) = (path, digest, start);
        _packed = new Lazy<byte[]?>(Pack);
    }

    /// <summary>Size and hash of the recording.</summary>
    public RecordingDigest Digest { get; }

    /// <summary>Sends the offer, the chunks and the empty last chunk.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task SendAsync(ClockFrames frames, bool isBrotli)
    {
        var offer = new Offer(isBrotli, Digest);
        await frames.SendAsync(PeerProtocol.WriteOffer(frames.Room(PeerProtocol.OfferSize), offer));
        if (isBrotli && _packed.Value is { } packed)
            await SendPackedAsync(frames, packed);
        else
            await SendFileAsync(frames, isBrotli);
    }

    private static async Task SendPackedAsync(ClockFrames frames, byte[] packed)
    {
        for (int sent = 0; ; sent += ClockLimits.ChunkBytes)
        {
            int length = Math.Clamp(packed.Length - sent, 0, ClockLimits.ChunkBytes);
            Span<byte> frame = frames.Room(length);
            packed.AsSpan(Math.Min(sent, packed.Length), length).CopyTo(frame[ClockProtocol.HeaderSize..]);
            await frames.SendAsync(ClockProtocol.WriteHeader(frame, ClockMessage.Chunk, length));
            if (length == 0)
                return;
        }
    }

    private async Task SendFileAsync(ClockFrames frames, bool isBrotli)
    {
        using FileStream file = Open();
        using var packer = new RecordingPacker(file, isBrotli);
        int length;
        do
        {
            Span<byte> frame = frames.Room(ClockLimits.ChunkBytes);
            length = packer.Pack(frame[ClockProtocol.HeaderSize..]);
            await frames.SendAsync(ClockProtocol.WriteHeader(frame, ClockMessage.Chunk, length));
        }
        while (length > 0);
    }

    private byte[]? Pack()
    {
        using FileStream file = Open();
        using var packer = new RecordingPacker(file, isBrotli: true);
        using var packed = new MemoryStream();
        byte[] chunk = new byte[ClockLimits.ChunkBytes];
        int length;
        while ((length = packer.Pack(chunk)) > 0)
        {
            packed.Write(chunk, 0, length);
            if (packed.Length > MostKeptBytes)
                return null;
        }
        return packed.ToArray();
    }

    // The writer has closed the file; other programs may read or delete it.
    private FileStream Open() =>
        new(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) { Position = _start };
}
