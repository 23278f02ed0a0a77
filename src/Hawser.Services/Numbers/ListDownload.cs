using System.Buffers;

namespace Hawser.Services.Numbers;

/// <summary>Fetches one list, in large pieces, over a connection of its own whose calls block: its tasks have finished
/// when they are returned.</summary>
internal sealed class ListDownload(NumbersClientOptions options)
{
    private const int BufferBytes = 512 * 1024;

    /// <summary>Fetches a list, trying again if the connection breaks.</summary>
    /// <param name="begin">Begins the list, or begins it again.</param>
    /// <param name="take">Takes a piece of it; what it throws ends the download.</param>
    /// <exception cref="ConnectException">Nobody answers there, at the last try.</exception>
    /// <exception cref="ConnectionClosedException">The connection broke, at the last try.</exception>
    public async Task RunAsync(Action begin, Action<ReadOnlyMemory<byte>> take)
    {
        for (int left = options.Retries; ; left--)
        {
            begin();
            try
            {
                await ReceiveAsync(take);
                return;
            }
            catch (Exception e) when (left > 0 && e is ConnectException or ConnectionClosedException)
            {
                // The server may be there again in a moment; if not, the next try says so.
            }
        }
    }

    private async Task ReceiveAsync(Action<ReadOnlyMemory<byte>> take)
    {
        using Connection connection = Dialer.Connect(options.Server, options.IdleTimeout);
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout);
        Stream stream = connection.AsStream();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int length;
            // Whole buffers, so that a list costs a handful of writes and not one for each packet.
            while ((length = await stream.ReadAtLeastAsync(buffer, BufferBytes, throwOnEndOfStream: false)) > 0)
                take(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
