using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services;

/// <summary>The other end of a service, byte by byte, with the system's socket alone.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawPeer(Socket socket)
    {
        _socket = socket;
        if (socket.AddressFamily is not AddressFamily.Unix)
            _socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Bytes that have come and were not read.</summary>
    public int Available => _socket.Available;

    public static async Task<RawPeer> ConnectAsync(EndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server).Bounded();
        return new RawPeer(socket);
    }

    /// <summary>The other end of a connection that a listener accepts.</summary>
    public static async Task<RawPeer> AcceptAsync(Socket listener) => new(await listener.AcceptAsync().Bounded());

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().Bounded();

    /// <summary>The next line, without its end; null at the end of the stream.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        byte[] next = new byte[1];
        while (await _stream.ReadAsync(next).AsTask().Bounded() > 0)
        {
            if (next[0] == '\n')
                return line.ToString();
            line.Append((char)next[0]);
        }
        return line.Length == 0 ? null : $"{line} (and no end)";
    }

    /// <summary>All that still comes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var all = new MemoryStream();
        await _stream.CopyToAsync(all).Bounded();
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Counts all that still comes.</summary>
    public async Task<long> CountToEndAsync()
    {
        byte[] piece = new byte[1024 * 1024];
        long count = 0;
        int read;
        while ((read = await _stream.ReadAsync(piece).AsTask().Bounded()) > 0)
            count += read;
        return count;
    }

    /// <summary>Whether the connection ends by a reset, whatever comes before it.</summary>
    public async Task<bool> EndsByResetAsync()
    {
        try
        {
            await ReadToEndAsync();
            return false;
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return true;
        }
    }

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves without a word: the other end is reset.</summary>
    public void Reset() => _socket.Close(0);

    public void Dispose() => _stream.Dispose();
}
