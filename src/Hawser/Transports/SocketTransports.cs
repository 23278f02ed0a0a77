using System.Net.Sockets;

namespace Hawser.Transports;

/// <summary>Creates transports over sockets, for custom models and clients.</summary>
public static class SocketTransports
{
    /// <summary>A transport whose calls block the calling thread and can be interrupted. The socket must be in blocking
    /// mode and must not have seen an asynchronous call.</summary>
    /// <param name="socket">Connected. The transport owns it.</param>
    public static Transport Blocking(Socket socket) => new BlockingTransport(socket);

    /// <summary>As <see cref="Blocking(Socket)"/>, for an accepted connection.</summary>
    public static Transport Blocking(AcceptedSocket accepted) =>
        new BlockingTransport(accepted.Socket) { Number = accepted.Number };

    /// <summary>A transport whose calls complete on the thread pool, through .NET's asynchronous sockets.</summary>
    /// <param name="socket">Connected. The transport owns it.</param>
    public static Transport Completing(Socket socket) => new CompletionTransport(socket);

    /// <summary>As <see cref="Completing(Socket)"/>, for an accepted connection.</summary>
    public static Transport Completing(AcceptedSocket accepted) =>
        new CompletionTransport(accepted.Socket) { Number = accepted.Number };

    /// <summary>Closes a socket with a reset. A Unix domain socket has none: its peer reads the end.</summary>
    internal static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already reset or closed.
        }
        socket.Dispose();
    }
}
