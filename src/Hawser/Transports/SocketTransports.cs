using System.Net.Sockets;

namespace Hawser.Transports;

/// <summary>Transports over sockets, for models and clients of one's own.</summary>
public static class SocketTransports
{
    /// <summary>Calls block the calling thread, and every wait can be interrupted. The socket must not have seen an
    /// asynchronous call, and is in blocking mode.</summary>
    /// <param name="socket">Connected. It belongs to the transport.</param>
    public static Transport Blocking(Socket socket) => new BlockingTransport(socket);

    /// <summary>As <see cref="Blocking(Socket)"/>, of a connection that a server has accepted.</summary>
    public static Transport Blocking(AcceptedSocket accepted) =>
        new BlockingTransport(accepted.Socket) { Number = accepted.Number };

    /// <summary>Calls complete on the thread pool, through .NET's asynchronous sockets.</summary>
    /// <param name="socket">Connected. It belongs to the transport.</param>
    public static Transport Completing(Socket socket) => new CompletionTransport(socket);

    /// <summary>As <see cref="Completing(Socket)"/>, of a connection that a server has accepted.</summary>
    public static Transport Completing(AcceptedSocket accepted) =>
        new CompletionTransport(accepted.Socket) { Number = accepted.Number };
}
