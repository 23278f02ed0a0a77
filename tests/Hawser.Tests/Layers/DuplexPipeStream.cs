namespace Hawser.Tests.Layers;

/// <summary>The stream beneath TLS: reads wait no longer than a deadline, writes are collected until they are
/// flushed.</summary>
internal sealed class DuplexPipeStream(Connection connection) : Stream
{
    /// <summary>Of the read that waits.</summary>
    public Deadline Deadline { get; set; }

    /// <summary>Ends the read that waits.</summary>
    public CancellationToken Interrupted { get; set; }

    /// <summary>What was written leaves before a read waits: for the handshake.</summary>
    public bool FlushesBeforeItWaits { get; set; } = true;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (FlushesBeforeItWaits)
            await connection.Output.FlushAsync(cancellationToken);
        CancellationToken cancel = cancellationToken.CanBeCanceled ? cancellationToken : Interrupted;
        return await connection.WaitForInputAsync(Deadline, cancel) switch
        {
            InputState.TimedOut => throw new TimeoutException(),
            InputState.Finished => 0,
            _ => await connection.ReadAsync(buffer, cancellationToken),
        };
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(ReadOnlySpan<byte> buffer) => System.Buffers.BuffersExtensions.Write(connection.Output, buffer);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
