using System.Buffers;
using System.Net.Sockets;

namespace Hawser.Services.Numbers;

/// <summary>Fetches one list, in large pieces, over a connection of its own whose calls block.</summary>
internal sealed class ListDownload(NumbersClientOptions options)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Fetches a list, trying again if the connection breaks or the list is cut.</summary>
    /// <param name="sink">Where it goes. It begins when there is a connection: a server that is not there harms no list
    /// of an earlier run.</param>
    /// <exception cref="ConnectException">Nobody answers there.</exception>
    /// <exception cref="ConnectionClosedException">The connection broke, at the last try, or was idle.</exception>
    /// <exception cref="MalformedListException">The list was cut, at the last try.</exception>
    /// <exception cref="FormatException">The list is too long; it is not kept, nor tried again.</exception>
    public void Run(IListSink sink)
    {
        for (int left = options.Retries; ; left--)
        {
            try
            {
                Receive(sink);
                return;
            }
            catch (Exception e) when (left > 0 && IsWorthAnotherTry(e))
            {
                // The next connection may fare better.
            }
        }
    }

    /// <summary>Whether the cause may be gone already. What took a whole timeout to show is not.</summary>
    private static bool IsWorthAnotherTry(Exception e) =>
        e is MalformedListException or ConnectionClosedException { Reason: not CloseReason.IdleTimeout }
            or ConnectException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } };

    private void Receive(IListSink sink)
    {
        using Connection connection = Dialer.Connect(options.Server, options.IdleTimeout);
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout);
        sink.Begin();
        var bound = new ListBound(options);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int length;
            while ((length = Fill(connection.AsStream(), buffer)) > 0)
            {
                bound.Check(buffer.AsSpan(0, length));
                sink.Take(buffer.AsSpan(0, length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        sink.End();
    }

    /// <summary>Reads a whole buffer, so that a list costs a handful of writes and not one for each packet.</summary>
    /// <returns>The bytes read; fewer than the buffer has only at the end.</returns>
    private static int Fill(Stream stream, byte[] buffer)
    {
        int filled = 0;
        int read;
        while (filled < buffer.Length && (read = stream.Read(buffer, filled, buffer.Length - filled)) > 0)
            filled += read;
        return filled;
    }
}
