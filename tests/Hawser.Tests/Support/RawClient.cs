using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Layers;
using Hawser.Tests.Layers;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>A peer under byte-by-byte control of the test; above TLS in the variant of that name.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;

    // The handshake goes on behind the test's back: the server may not accept for a while.
    private readonly Task<Connection>? _tls;

    // What is sent before it waits here, as it would in the kernel.
    private Task _sent = Task.CompletedTask;

    private bool _isReset;

    private RawClient(Socket socket, bool aboveTls)
    {
        _socket = socket;
        if (!aboveTls)
            return;
        var options = new DialOptions { Layers = [TlsLayer.Client(TestCertificate.Client)] };
        // On the thread pool: the tests' context has few threads.
        _tls = Task.Run(
            () => Dialer.OpenAsync(SocketTransports.Completing(socket), options, Deadline.None, default));
        _ = _tls.ContinueWith(static tls => tls.Exception, TaskScheduler.Default);
    }

    public EndPoint LocalEndPoint => _socket.LocalEndPoint!;

    /// <param name="endPoint">Where the server is.</param>
    /// <param name="receiveBufferBytes">Small, to be a slow reader; 0: as the system has it.</param>
    /// <param name="from">The client's own address, where several of the loopback are meant.</param>
    /// <param name="aboveTls">The server speaks TLS.</param>
    public static async Task<RawClient> ConnectAsync(
        EndPoint endPoint, int receiveBufferBytes = 0, IPAddress? from = null, bool aboveTls = false)
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
        return new RawClient(socket, aboveTls);
    }

    /// <summary>Connects so many times, to a server that may reset some at once.</summary>
    public static async Task<IReadOnlyList<RawClient>> FloodAsync(EndPoint endPoint, int count)
    {
        var clients = new List<RawClient>();
        for (int n = 0; n < count; n++)
        {
            try
            {
                clients.Add(await ConnectAsync(endPoint));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
            }
        }
        return clients;
    }

    public Task SendAsync(string ascii) => SendAsync(Encoding.ASCII.GetBytes(ascii));

    public async Task SendAsync(ReadOnlyMemory<byte> data)
    {
        if (_tls is not null)
        {
            byte[] copy = data.ToArray();
            _sent = SendAfterAsync(_sent, connection => connection.WriteAsync(copy).AsTask());
            if (_tls.IsCompleted)
                await _sent;
            return;
        }
        while (!data.IsEmpty)
            data = data[await _socket.SendAsync(data, SocketFlags.None).AsTask().Bounded()..];
    }

    /// <summary>Receives at least one byte; returns 0 at the end.</summary>
    public async Task<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_tls is null)
            return await _socket.ReceiveAsync(buffer, SocketFlags.None).AsTask().Bounded();
        int received = 0;
        try
        {
            await AboveTlsAsync(async connection => received = await connection.ReadAsync(buffer));
        }
        catch (ConnectException)
        {
            // The server ended the connection in order before the handshake.
        }
        return received;
    }

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

    public void FinishSending()
    {
        if (_tls is null)
            _socket.Shutdown(SocketShutdown.Send);
        else
            _sent = SendAfterAsync(_sent, connection => connection.FinishWritingAsync().AsTask());
    }

    /// <summary>Leaves with a reset.</summary>
    public void Reset()
    {
        _isReset = true;
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose()
    {
        if (_tls is null || _isReset)
            _socket.Dispose();
        else
            _ = CloseAsync();
    }

    /// <summary>Closes above TLS as the kernel does: what was sent arrives, then an end, not a truncation.</summary>
    private async Task CloseAsync()
    {
        await Record.ExceptionAsync(() => SendAfterAsync(_sent, async connection =>
        {
            await connection.FinishWritingAsync();
            // Session tickets that are unread at the close would make it a reset.
            while (await connection.ReadAsync(new byte[4096]) > 0)
            {
            }
        }));
        _socket.Dispose();
    }

    private async Task SendAfterAsync(Task earlier, Func<Connection, Task> send)
    {
        await earlier;
        await AboveTlsAsync(send);
    }

    /// <summary>Makes a call above TLS; throws what a socket would.</summary>
    private async Task AboveTlsAsync(Func<Connection, Task> call)
    {
        try
        {
            Connection connection = await _tls!.Bounded();
            await call(connection).Bounded();
        }
        catch (IOException e) when ((e as ConnectionClosedException ?? e.InnerException)
            is ConnectionClosedException { Reason: not CloseReason.Truncated })
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }
}
