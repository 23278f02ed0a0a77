using System.Buffers;
using System.Buffers.Binary;

namespace Hawser.Layers;

/// <summary>The stream beneath <see cref="System.Net.Security.SslStream"/>. It hands out one whole record at a time, so
/// that SslStream neither waits within a record nor reads ahead. Writes go to the wire's output buffer.</summary>
/// <remarks>The handshake reads with <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>, which waits for the
/// wire. Later reads are synchronous: the transport receives, and <see cref="Read(Span{byte})"/> takes what
/// <see cref="OpenRecord"/> has opened.</remarks>
internal sealed class RecordStream(Connection wire) : Stream
{
    private const int HeaderBytes = 5;

    // TLSCiphertext.length is at most 2^14 + 2048 in TLS 1.2 (RFC 5246, 6.2.3), 2^14 + 256 in TLS 1.3.
    private const int LargestPayloadBytes = (16 * 1024) + 2048;

    private const byte FirstContentType = 20;
    private const byte LastContentType = 24;
    private const byte ApplicationData = 23;
    private const byte MajorVersion = 3;

    private readonly SynchronizationContext? _home = SynchronizationContext.Current;
    private byte[]? _bytes;
    private int _start;
    private int _end;

    // Bytes of the opened record that are not yet read.
    private int _open;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Room for received bytes: for a record of any size.</summary>
    public Memory<byte> MakeRoom()
    {
        _bytes ??= ArrayPool<byte>.Shared.Rent(HeaderBytes + LargestPayloadBytes);
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }
        return _bytes.AsMemory(_end);
    }

    /// <summary>Adds bytes that were received into the room; returns the buffer if it is empty.</summary>
    public void Add(int received)
    {
        _end += received;
        if (_end > _start || _bytes is null)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        _start = _end = 0;
    }

    /// <summary>Opens the next record for reading, if it is whole.</summary>
    /// <exception cref="ProtocolException">It is not a record, or is too long.</exception>
    public bool OpenRecord()
    {
        ReadOnlySpan<byte> received = _bytes.AsSpan(_start, _end - _start);
        CheckHeader(received);
        if (received.Length < HeaderBytes || received.Length < HeaderBytes + PayloadBytes(received))
            return false;
        _open = HeaderBytes + PayloadBytes(received);
        return true;
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        if (_open == 0)
            throw new NoRecordException();
        int taken = Math.Min(buffer.Length, _open);
        _bytes.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        _open -= taken;
        Add(0);
        return taken;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Waits on the connection's thread, wherever SslStream has come to: a blocked wait would occupy the
    /// thread pool.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _home is null || SynchronizationContext.Current == _home
            ? ReceiveAsync(buffer, cancellationToken)
            : new ValueTask<int>(ReceiveAtHomeAsync(_home, buffer, cancellationToken));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(ReadOnlySpan<byte> buffer) => BuffersExtensions.Write(wire.Output, buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        if (buffer.IsEmpty)
            return 0;
        await wire.Output.FlushAsync(cancel);
        while (_open == 0 && !OpenRecord())
        {
            int received = await wire.ReadAsync(MakeRoom(), cancel);
            if (received == 0)
                return 0;
            Add(received);
        }
        return Read(buffer.Span);
    }

    private Task<int> ReceiveAtHomeAsync(SynchronizationContext home, Memory<byte> buffer, CancellationToken cancel)
    {
        var read = new TaskCompletionSource<Task<int>>(TaskCreationOptions.RunContinuationsAsynchronously);
        home.Post(_ => read.SetResult(ReceiveAsync(buffer, cancel).AsTask()), null);
        return read.Task.Unwrap();
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static int PayloadBytes(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16BigEndian(record[3..]);

    /// <summary>Checks as much of a header as has arrived, so that other protocols fail at their first byte.</summary>
    private static void CheckHeader(ReadOnlySpan<byte> record)
    {
        if (record is [not (>= FirstContentType and <= LastContentType), ..] or [_, not MajorVersion, ..])
        {
            string bytes = Convert.ToHexString(record[..Math.Min(2, record.Length)]);
            throw new ProtocolException($"not TLS: the bytes 0x{bytes} do not begin a record");
        }
        if (record.Length < HeaderBytes)
            return;
        // RFC 8446, 5.1: only application data may be empty. SslStream reads the first byte of the others unchecked.
        if (PayloadBytes(record) == 0 && record[0] != ApplicationData)
            throw new ProtocolException("empty TLS record");
        if (PayloadBytes(record) > LargestPayloadBytes)
        {
            throw new ProtocolException(
                $"TLS record of {PayloadBytes(record)} bytes, longer than {LargestPayloadBytes}");
        }
    }

    /// <summary>The opened record had no application data, and SslStream asks for the next one.</summary>
    public sealed class NoRecordException : IOException;
}
