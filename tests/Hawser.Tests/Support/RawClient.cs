using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hawser.Tests.Support;

/// <summary>A peer under byte-by-byte control of the test.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;

    private RawClient(Socket socket) => _socket = socket;

    public EndPoint LocalEndPoint => _socket.LocalEndPoint!;

    /// <param name="endPoint">Where the server is.</param>
    /// <param name="receiveBufferBytes">Small, to be a slow reader; 0: as the system has it.</param>
    /// <param name="from">The client's own address, where several of the loopback are meant.</param>
    public static async Task<RawClient> ConnectAsync(
        EndPoint endPoint, int receiveBufferBytes = 0, IPAddress? from = null)
    {
        ProtocolType protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        if (protocol == ProtocolType.Tcp)
            socket.NoDelay = true;
        if (receiveBufferBytes > 0)
            socket.ReceiveBufferSize = receiveBufferBytes;
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(endPoint).Bounded();
        return new RawClient(socket);
    }

    public Task SendAsync(string ascii) => SendAsync(Encoding.ASCII.GetBytes(ascii));

    public async Task SendAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await _socket.SendAsync(data, SocketFlags.None).AsTask().Bounded()..];
    }

    /// <summary>Receives at least one byte; returns 0 at the end.</summary>
    public Task<int> ReceiveAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None).AsTask().Bounded();

    public async Task<byte[]> ReceiveExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int received = await ReceiveAsync(bytes.AsMemory(filled));
            filled += received > 0 ? received : throw new EndOfStreamException($"ended after {filled} of {count} bytes");
        }
        return bytes;
    }

    /// <summary>A line without its line feed, a byte at a time.</summary>
    public async Task<string> ReceiveLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            char next = (char)(await ReceiveExactlyAsync(1))[0];
            if (next == '\n')
                return line.ToString();
            line.Append(next);
        }
    }

    /// <summary>Everything up to the peer's orderly end; throws <see cref="SocketException"/> if it is a
    /// reset.</summary>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int received;
        while ((received = await ReceiveAsync(buffer)) > 0)
            all.Write(buffer, 0, received);
        return all.ToArray();
    }

    /// <summary>Whether the connection ends with a reset, after any input.</summary>
    public async Task<bool> EndsByResetAsync()
    {
        try
        {
            await ReceiveToEndAsync();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
