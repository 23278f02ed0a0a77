using System.Net.Sockets;

namespace Hawser;

/// <summary>Whose fault it is when accepting fails (accept(2), "Error handling").</summary>
internal static class AcceptError
{
    /// <summary>EBADF, EINVAL, ENOTSOCK, EFAULT: the listening socket itself is broken. Whatever else fails is a matter
    /// of one connection or of the moment.</summary>
    public static bool IsOfListener(SocketException e) =>
        e.SocketErrorCode is SocketError.InvalidArgument or SocketError.NotSocket or SocketError.Fault
            or SocketError.OperationAborted;

    /// <summary>Errors that the connection had already when it was taken: the next one may be taken at once.</summary>
    public static bool IsOfOneConnection(SocketException e) =>
        e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown
            or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
            or SocketError.ProtocolOption or SocketError.OperationNotSupported or SocketError.TimedOut
            or SocketError.ProtocolNotSupported or SocketError.Interrupted;

    /// <summary>The exhausted resource: EMFILE and ENFILE are descriptors, ENOBUFS and ENOMEM memory.</summary>
    public static string Describe(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.TooManyOpenSockets => "descriptors",
        SocketError.NoBufferSpaceAvailable => "memory",
        _ => e.Message,
    };
}
