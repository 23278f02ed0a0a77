using System.Net.Sockets;

namespace Hawser;

/// <summary>Whose fault it is when accepting fails (accept(2), "Error handling").</summary>
internal static class AcceptError
{
    /// <summary>EMFILE, ENFILE, ENOBUFS, ENOMEM: there is a connection, and nothing to hold it with.</summary>
    public static bool IsOutOfDescriptors(SocketException e) =>
        e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;

    /// <summary>Errors that the connection had already when it was taken.</summary>
    public static bool IsOfOneConnection(SocketException e) =>
        e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown
            or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
            or SocketError.ProtocolOption or SocketError.OperationNotSupported or SocketError.TimedOut
            or SocketError.ProtocolNotSupported or SocketError.Interrupted;
}
