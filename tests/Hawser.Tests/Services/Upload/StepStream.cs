using System.Threading.Channels;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Upload;

/// <summary>A pipe whose other end is a test: it gives a piece at a time, an empty one for the end, or fails.</summary>
internal sealed class StepStream : Stream
{
    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(1);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A reader waits for the next piece.</summary>
    public bool IsAwaited { get; private set; }

    public Task GiveAsync(byte[] piece) => _pieces.Writer.WriteAsync(piece).AsTask().Bounded();

    public void Fail(Exception error) => _pieces.Writer.Complete(error);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            IsAwaited = !_pieces.Reader.TryPeek(out _);
            byte[] piece = await _pieces.Reader.ReadAsync(cancellationToken);
            IsAwaited = false;
            piece.CopyTo(buffer);
            return piece.Length;
        }
        catch (ChannelClosedException e) when (e.InnerException is { } error)
        {
            throw error;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
