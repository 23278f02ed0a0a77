using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hawser.Services.Ping.Load;

/// <summary>System calls for a client that connects thousands of times a second: .NET's sockets cost several times as
/// much. None of them blocks. They return the result of the system call, or the negative errno.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class ClientSocket
{
    public const int EAGAIN = 11;
    public const int EINPROGRESS = 115;

    private const int AF_INET = 2;
    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int IPPROTO_IP = 0;
    private const int IP_BIND_ADDRESS_NO_PORT = 24;
    private const int SHUT_WR = 1;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int AddressBytes = 16;

    /// <summary>Creates a TCP socket for IPv4.</summary>
    public static int Create() => OrError(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

    /// <summary>Sets the source address. The connect chooses the port, so that a port can serve several
    /// destinations.</summary>
    public static int Bind(int descriptor, uint address)
    {
        int one = 1;
        int result = OrError(setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(int)));
        byte* name = stackalloc byte[AddressBytes];
        WriteAddress(name, address, 0);
        return result < 0 ? result : OrError(bind(descriptor, name, AddressBytes));
    }

    /// <summary>Starts to connect; returns negative <see cref="EINPROGRESS"/> while pending.</summary>
    public static int Connect(int descriptor, uint address, int port)
    {
        byte* name = stackalloc byte[AddressBytes];
        WriteAddress(name, address, port);
        return OrError(connect(descriptor, name, AddressBytes));
    }

    /// <summary>Sends; returns negative <see cref="EAGAIN"/> while the connect is pending.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
            return OrError((int)send(descriptor, start, data.Length, MSG_NOSIGNAL));
    }

    /// <summary>Receives; 0 at the end, negative <see cref="EAGAIN"/> without input.</summary>
    public static int Receive(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return OrError((int)recv(descriptor, start, buffer.Length, 0));
    }

    /// <summary>Half-closes the connection.</summary>
    public static int FinishSending(int descriptor) => OrError(shutdown(descriptor, SHUT_WR));

    public static int Close(int descriptor) => OrError(close(descriptor));

    /// <summary>struct sockaddr_in.</summary>
    private static void WriteAddress(byte* name, uint address, int port)
    {
        var bytes = new Span<byte>(name, AddressBytes);
        bytes.Clear();
        *(ushort*)name = AF_INET;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)port);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], address);
    }

    private static int OrError(int result) => result >= 0 ? result : -Marshal.GetLastSystemError();

    [LibraryImport("libc")]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int setsockopt(int socket, int level, int name, void* value, uint length);

    [LibraryImport("libc")]
    private static partial int bind(int socket, byte* address, uint length);

    [LibraryImport("libc")]
    private static partial int connect(int socket, byte* address, uint length);

    [LibraryImport("libc")]
    private static partial nint send(int socket, byte* data, nint length, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int socket, int how);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
