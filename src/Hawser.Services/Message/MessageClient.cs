using System.Buffers;
using System.Net;

namespace Hawser.Services.Message;

/// <summary>Sends one message.</summary>
public static class MessageClient
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>Sends all that <paramref name="input"/> has, half-closes, and waits until the server has
    /// closed.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="input">Read in chunks, to its end.</param>
    /// <param name="wait">How long to wait for the server after the last byte.</param>
    /// <returns>False when the server had not closed by then: everything was sent, and nothing confirmed.</returns>
    /// <exception cref="ConnectException">Nobody answers there.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection: the message did not
    /// arrive.</exception>
    /// <remarks>Sending and reading block, on a thread that does nothing else.</remarks>
    public static Task<bool> SendAsync(EndPoint server, Stream input, TimeSpan wait) =>
        OwnThread.RunAsync(() => SendHereAsync(server, input, wait));

    private static async Task<bool> SendHereAsync(EndPoint server, Stream input, TimeSpan wait)
    {
        await using Connection connection = Dialer.Connect(server, Dialer.DefaultTimeout);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while ((read = await input.ReadAsync(chunk)) > 0)
                await connection.WriteAsync(chunk.AsMemory(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
        await connection.FinishWritingAsync();
        return await ServerClosesAsync(connection, Deadline.After(wait));
    }

    private static async Task<bool> ServerClosesAsync(Connection connection, Deadline deadline)
    {
        while (await connection.WaitForInputAsync(deadline) == InputState.Ready)
            await connection.ReadAsync();
        return connection.PeerHasFinished;
    }
}
