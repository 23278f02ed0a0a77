using System.Net.Sockets;

namespace Hawser.Native;

internal static unsafe partial class Libc
{
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int O_NONBLOCK = 0x800;

    /// <summary>Duplicates the socket's descriptor. Calls on both block from now on.</summary>
    public static SafeSocketHandle DuplicateBlocking(SafeSocketHandle socket)
    {
        using DescriptorLease original = new(socket);
        nint duplicate = OrError(fcntl(original.Descriptor, F_DUPFD_CLOEXEC, 0));
        if (duplicate < 0)
            throw SocketError((int)-duplicate);
        var handle = new SafeSocketHandle(duplicate, ownsHandle: true);
        if (fcntl((int)duplicate, F_SETFL, fcntl((int)duplicate, F_GETFL, 0) & ~O_NONBLOCK) == 0)
            return handle;
        handle.Dispose();
        throw SocketError(EINVAL);
    }
}
