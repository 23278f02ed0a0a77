using System.Buffers;
using System.Net;
using Hawser.Transports;

namespace Hawser.Services.Message;

/// <summary>Sends one message.</summary>
/// <remarks>A client that fails or is killed before the end of the message resets its connection (SO_LINGER of zero), so
/// that the server does not take a part for the whole. A Unix domain socket has no reset.</remarks>
public static class MessageClient
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>Sends <paramref name="input"/> to its end, half-closes, and waits for the server to close.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="input">Read in chunks.</param>
    /// <param name="wait">How long to wait for the close after the last byte.</param>
    /// <param name="layers">Layers between the wire and the message, such as <see cref="Hawser.Layers.TlsLayer"/>; null
    /// for none.</param>
    /// <param name="progress">Called with the bytes sent so far, after each chunk.</param>
    /// <returns>False when the server did not close in time: the message is sent, not confirmed.</returns>
    /// <exception cref="ConnectException">The server cannot be reached.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection: the message is lost or
    /// truncated.</exception>
    /// <exception cref="IOException">The input cannot be read; the server sees a reset.</exception>
    /// <remarks>Blocks a thread of its own, not the caller's.</remarks>
    public static Task<bool> SendAsync(
        EndPoint server, Stream input, TimeSpan wait,
        IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>>? layers = null,
        Action<long>? progress = null) =>
        OwnThread.RunAsync(
            () => SendHereAsync(server, input, wait, new DialOptions { Layers = layers ?? [] }, progress));

    private static async Task<bool> SendHereAsync(
        EndPoint server, Stream input, TimeSpan wait, DialOptions options, Action<long>? progress)
    {
        await using Connection connection = Dialer.Connect(server, options);
        connection.ResetUnlessFinished();
        // Layers need the bytes in this process anyway.
        if (OperatingSystem.IsLinux() && options.Layers is [] && input is DescriptorStream { IsPipe: true } pipe)
        {
            try
            {
                while (await connection.SendPieceOfPipeAsync(pipe.Handle) > 0)
                    progress?.Invoke(connection.BytesSent);
            }
            catch (IOException e) when (e is not ConnectionClosedException)
            {
                throw new IOException($"cannot read the input: {e.Message}", e);
            }
        }
        await SendByBufferAsync(connection, input, progress);
        await connection.FinishWritingAsync();
        return await ServerClosesAsync(connection, Deadline.After(wait));
    }

    // Also for a file: sendfile(2) hands over single pages, which cost the receiver more than this copy.
    private static async Task SendByBufferAsync(Connection connection, Stream input, Action<long>? progress)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while ((read = await input.ReadAsync(chunk)) > 0)
            {
                await connection.WriteAsync(chunk.AsMemory(0, read));
                progress?.Invoke(connection.BytesSent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static async Task<bool> ServerClosesAsync(Connection connection, Deadline deadline)
    {
        while (await connection.WaitForInputAsync(deadline) == InputState.Ready)
            await connection.ReadAsync();
        return connection.PeerHasFinished;
    }
}
