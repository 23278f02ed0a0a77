using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Hawser.Tests.Support;

namespace Hawser.Tests.Layers;

/// <summary>A TLS client on .NET's own stream and socket: control of what is sent beneath TLS.</summary>
internal sealed class TlsPeer : IDisposable
{
    private TlsPeer(Socket socket)
    {
        Socket = socket;
        Stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
    }

    public Socket Socket { get; }

    public SslStream Stream { get; }

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="protocols">None: those of the system.</param>
    /// <param name="application">The ALPN protocol; null for none.</param>
    public static async Task<TlsPeer> ConnectAsync(
        EndPoint server, SslProtocols protocols = SslProtocols.None, string? application = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).Bounded();
        var peer = new TlsPeer(socket);
        try
        {
            await peer.Stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = TestCertificate.Client.TargetHost,
                RemoteCertificateValidationCallback = TestCertificate.Client.RemoteCertificateValidationCallback,
                EnabledSslProtocols = protocols,
                ApplicationProtocols = application is null ? null : [new SslApplicationProtocol(application)],
            }).Bounded();
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    public Task SendAsync(ReadOnlyMemory<byte> data) => Stream.WriteAsync(data).AsTask().Bounded();

    /// <summary>Sends bytes that are no record of the session.</summary>
    public Task SendRawAsync(ReadOnlyMemory<byte> data) => Socket.SendAsync(data).AsTask().Bounded();

    /// <summary>Ends the stream of TLS; that of TCP stays open.</summary>
    public Task SendCloseNotifyAsync() => Stream.ShutdownAsync().Bounded();

    /// <summary>Ends the stream of TCP; that of TLS does not end.</summary>
    public void Truncate() => Socket.Shutdown(SocketShutdown.Send);

    public async Task<byte[]> ReceiveToEndAsync()
    {
        using var all = new MemoryStream();
        await Stream.CopyToAsync(all).Bounded();
        return all.ToArray();
    }

    public void Dispose() => Stream.Dispose();
}
