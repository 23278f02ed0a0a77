namespace Hawser.Tests.Layers;

/// <summary>The stream beneath TLS: reads wait no longer than a deadline, writes are collected until they are
/// flushed.</summary>
internal sealed class DuplexPipeStream(Connection connection) : Stream
{
    private readonly SemaphoreSlim _decrypting = new(1);
    private bool _isDecrypting;

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
        EndDecrypting();
        if (FlushesBeforeItWaits)
            await connection.Output.FlushAsync(cancellationToken);
        CancellationToken cancel = cancellationToken.CanBeCanceled ? cancellationToken : Interrupted;
        InputState state = await connection.WaitForInputAsync(Deadline, cancel);
        if (state == InputState.TimedOut)
            throw new TimeoutException();
        await _decrypting.WaitAsync(cancellationToken);
        _isDecrypting = true;
        return state == InputState.Finished ? 0 : await connection.ReadAsync(buffer, cancellationToken);
    }

    /// <summary>What was read is decrypted.</summary>
    public void EndDecrypting()
    {
        if (_isDecrypting)
        {
            _isDecrypting = false;
            _decrypting.Release();
        }
    }

    /// <summary>Makes a call while nothing is decrypted: SslStream does not guard its shutdown against a read.</summary>
    public async Task BesideNoReadAsync(Func<Task> call)
    {
        await _decrypting.WaitAsync();
        try
        {
            await call();
        }
        finally
        {
            _decrypting.Release();
        }
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
