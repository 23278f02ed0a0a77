using System.Net.Sockets;

namespace Hawser.Accepting;

/// <summary>Classifies errors of accept(2).</summary>
internal static class AcceptError
{
    /// <summary>The listening socket itself is broken (EBADF, EINVAL, ENOTSOCK, EFAULT). Any other error concerns one
    /// connection or is transient.</summary>
    public static bool IsOfListener(SocketException e) =>
        e.SocketErrorCode is SocketError.InvalidArgument or SocketError.NotSocket or SocketError.Fault
            or SocketError.OperationAborted;

    /// <summary>The error belongs to the connection; the next one may be accepted at once.</summary>
    public static bool IsOfOneConnection(SocketException e) =>
        e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown
            or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
            or SocketError.ProtocolOption or SocketError.OperationNotSupported or SocketError.TimedOut
            or SocketError.ProtocolNotSupported or SocketError.Interrupted;

    /// <summary>Descriptors (EMFILE, ENFILE) or memory (ENOBUFS, ENOMEM) are exhausted, so waiting clients are shed. Any
    /// other error says nothing about them.</summary>
    public static bool IsExhaustion(SocketException e) =>
        e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;

    /// <summary>The exhausted resource, or the error.</summary>
    public static string Describe(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.TooManyOpenSockets => "descriptors",
        SocketError.NoBufferSpaceAvailable => "memory",
        _ => e.Message,
    };
}
