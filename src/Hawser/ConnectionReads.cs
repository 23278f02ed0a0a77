using System.Runtime.CompilerServices;
using Hawser.Recycling;
using Microsoft.Win32.SafeHandles;

namespace Hawser;

/// <summary>Composite reads.</summary>
public static class ConnectionReads
{
    private const long NoOffset = -1;

    /// <summary>Fills a buffer.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="cancel">Ends the wait; received bytes stay readable.</param>
    /// <returns>False if the peer finished before the first byte.</returns>
    /// <exception cref="ProtocolException">The peer finished within the buffer.</exception>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public static async ValueTask<bool> TryReadExactlyAsync(
        this Connection connection, Memory<byte> buffer, CancellationToken cancel = default)
    {
        int filled = 0;
        try
        {
            while (filled < buffer.Length)
            {
                int read = await connection.ReadAsync(buffer[filled..], cancel);
                if (read == 0)
                {
                    return filled == 0
                        ? false
                        : throw ProtocolException.Truncated($"message: {filled} of {buffer.Length} bytes");
                }
                filled += read;
            }
            return true;
        }
        catch (OperationCanceledException)
        {
            connection.Unread(buffer.Span[..filled]);
            throw;
        }
    }

    /// <summary>Receives available bytes into a file, at least one. On blocking transports, much of it stays within the
    /// kernel where the system supports it (splice(2)).</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="file">Open for writing. Writing blocks the calling thread for as long as the disk takes.</param>
    /// <param name="offset">The position in the file of the first byte.</param>
    /// <param name="accept">Called with the number of bytes before they are written; throws to refuse them.</param>
    /// <param name="cancel">Ends the wait; no byte is lost.</param>
    /// <returns>Bytes written; 0 when the peer has finished.</returns>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public static ValueTask<int> ReceivePieceToFileAsync(
        this Connection connection, SafeFileHandle file, long offset, Action<int> accept,
        CancellationToken cancel = default) =>
        ReceivePieceAsync(connection, file, offset, null, accept, cancel);

    /// <summary>Receives available bytes into a pipe, at least one. On blocking transports, much of it stays within the
    /// kernel where the system supports it (splice(2)).</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="pipe">Open for writing. Writing blocks the calling thread while the pipe is full.</param>
    /// <param name="write">Writes the bytes that do not stay within the kernel, all of them.</param>
    /// <param name="accept">Called with the number of bytes before they are written; throws to refuse them.</param>
    /// <param name="cancel">Ends the wait; no byte is lost.</param>
    /// <returns>Bytes written; 0 when the peer has finished.</returns>
    /// <exception cref="IOException">The pipe has no reader.</exception>
    public static ValueTask<int> ReceivePieceToPipeAsync(
        this Connection connection, SafeFileHandle pipe, Action<ReadOnlyMemory<byte>> write, Action<int> accept,
        CancellationToken cancel = default) =>
        ReceivePieceAsync(connection, pipe, NoOffset, write, accept, cancel);

    private static async ValueTask<int> ReceivePieceAsync(
        Connection connection, SafeFileHandle file, long offset, Action<ReadOnlyMemory<byte>>? write,
        Action<int> accept, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (connection.CanUsePipe)
        {
            int received = await connection.ReceiveIntoPipeAsync(cancel);
            if (received > 0)
            {
                Accept(connection, accept, received);
                connection.Transport.MoveFromPipe(file, offset, received);
            }
            return received;
        }
        ReadOnlyMemory<byte> piece = await connection.ReadAsync(cancel);
        if (!piece.IsEmpty)
        {
            accept(piece.Length);
            if (write is null)
                RandomAccess.Write(file, piece.Span, offset);
            else
                write(piece);
        }
        return piece.Length;
    }

    private static void Accept(Connection connection, Action<int> accept, int received)
    {
        try
        {
            accept(received);
        }
        catch
        {
            // Refused bytes must not end up in the next file.
            connection.Transport.DropPipe();
            throw;
        }
    }
}
