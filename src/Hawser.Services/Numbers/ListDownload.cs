using System.Buffers;
using System.Net.Sockets;
using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>Downloads lists to files, in large pieces, each over a blocking connection of its own.</summary>
internal sealed class ListDownload(NumbersClientOptions options, ListFolders folders)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Downloads a list; retries if the connection breaks or the list is truncated. A list of an earlier run stays
    /// until the new one is complete.</summary>
    /// <exception cref="ConnectException">The server cannot be reached.</exception>
    /// <exception cref="ConnectionClosedException">The connection broke at the last attempt, or was idle.</exception>
    /// <exception cref="MalformedListException">The list was truncated at the last attempt.</exception>
    /// <exception cref="FormatException">The list is too long. It is not kept, and there is no retry.</exception>
    /// <exception cref="IOException">The server sends nothing or is too slow, without a retry; or the file cannot be
    /// written.</exception>
    public void Run(int list)
    {
        Exception? earlier = null;
        for (int left = options.Retries; ; left--)
        {
            try
            {
                Receive(list);
                return;
            }
            catch (Exception e) when (left > 0 && IsWorthAnotherTry(e))
            {
                if (e is not ConnectException)
                    earlier = e;
            }
            catch (ConnectException) when (earlier is not null)
            {
                // That the server is gone by now does not explain why the list is missing.
                throw earlier;
            }
        }
    }

    /// <summary>Whether a retry may succeed. After a timeout it would cost a second one.</summary>
    private static bool IsWorthAnotherTry(Exception e) =>
        e is MalformedListException or ConnectionClosedException { Reason: not CloseReason.IdleTimeout }
            or ConnectException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } };

    private void Receive(int list)
    {
        using Connection connection = Dialer.Connect(
            options.Server, new DialOptions { Timeout = options.IdleTimeout, Layers = options.Layers });
        using var watchdog = new ProgressWatchdog(connection, options.IdleTimeout, options.TimeProvider);
        using var file = new ListFile(folders.UnsortedPath(list));
        var bound = new ListBound(options);
        byte? last = null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int length;
            while ((length = Fill(connection.AsStream(), buffer, bound)) > 0)
            {
                ReadOnlySpan<byte> piece = buffer.AsSpan(0, length);
                bound.Check(piece);
                file.Append(piece);
                last = piece[^1];
            }
        }
        catch (ConnectionClosedException e) when (
            e.Reason == CloseReason.IdleTimeout && connection.BytesReceived == 0)
        {
            throw new IOException(
                $"the server sent nothing within {Quantity.FormatDuration(options.IdleTimeout)}{NumbersProtocol.Doubt}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (NumbersProtocol.FindCut(last, bound.Numbers, options.Count) is { } rule)
            throw new MalformedListException(file.Length, file.Length == 0 ? rule + NumbersProtocol.Doubt : rule);
        folders.Replace(list, file);
    }

    /// <summary>Fills the buffer, so that a list costs a few writes and not one per packet.</summary>
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
