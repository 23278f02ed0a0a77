using Hawser.Transports;

namespace Hawser.Tests.Layers;

/// <summary>A slow and narrow line: small pieces, and a pause after every so many bytes.</summary>
internal sealed class ShapingTransport(Transport inner, int pieceBytes, int bytesPerPause) : LayeredTransport(inner)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private int _sincePause;

    public static Func<Transport, CancellationToken, ValueTask<Transport>> Layer(int pieceBytes, int bytesPerPause) =>
        (inner, _) => new ValueTask<Transport>(new ShapingTransport(inner, pieceBytes, bytesPerPause));

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) =>
        base.ReceiveAsync(buffer[..Math.Min(buffer.Length, pieceBytes)]);

    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        while (sent < data.Length)
        {
            ReadOnlyMemory<byte> piece = data.Slice(sent, Math.Min(pieceBytes, data.Length - sent));
            int taken = await base.SendAsync(piece);
            sent += taken;
            if (taken < piece.Length)
                break;
            _sincePause += taken;
            if (_sincePause < bytesPerPause)
                continue;
            _sincePause = 0;
            await Task.Delay(Pause);
        }
        return sent;
    }
}
