using System.Net;
using System.Net.Sockets;

namespace Hawser.Tests.Services.Ping.Load;

/// <summary>Listens, and leaves every byte to the test.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <param name="backlog">Connections that the kernel completes before they are accepted, less one on Linux.</param>
    public RawServer(int backlog = 512)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(backlog);
    }

    public EndPoint EndPoint => _listener.LocalEndPoint!;

    public Task<RawPeer> AcceptAsync() => RawPeer.AcceptAsync(_listener);

    public void Dispose() => _listener.Dispose();
}
