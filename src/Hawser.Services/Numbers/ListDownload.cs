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
    /// <exception cref="IOException">The server trickles; it is not asked again.</exception>
    public void Run(IListSink sink)
    {
        Exception? earlier = null;
        for (int left = options.Retries; ; left--)
        {
            try
            {
                Receive(sink);
                return;
            }
            catch (Exception e) when (left > 0 && IsWorthAnotherTry(e))
            {
                if (e is not ConnectException)
                    earlier = e;
            }
            catch (ConnectException) when (earlier is not null)
            {
                // A server that is gone by now does not explain why the list is missing.
                throw earlier;
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
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout, options.TimeProvider);
        sink.Begin();
        var bound = new ListBound(options);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int length;
            while ((length = Fill(connection.AsStream(), buffer, bound)) > 0)
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

    /// <summary>Fills the buffer, so that a list costs a handful of writes and not one per packet.</summary>
    /// <returns>The bytes read; less than the buffer holds only at the end of the stream.</returns>
    private int Fill(Stream stream, byte[] buffer, ListBound bound)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            long begin = options.TimeProvider.GetTimestamp();
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
                break;
            bound.CheckRate(read, options.TimeProvider.GetElapsedTime(begin));
            filled += read;
        }
        return filled;
    }
}
