using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hawser.App.Serving.Takeover;

/// <summary>Passes descriptors over a Unix domain socket (SCM_RIGHTS, unix(7)), with bytes that go along. Linux, 64
/// bits.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class DescriptorPassing
{
    /// <summary>The kernel passes no more at once (SCM_MAX_FD).</summary>
    public const int MostDescriptors = 253;

    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int MSG_CTRUNC = 0x8;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int EINTR = 4;

    /// <summary>Sends sockets and bytes in one message.</summary>
    /// <exception cref="SocketException">The peer has left.</exception>
    public static void Send(Socket peer, ReadOnlySpan<byte> bytes, IReadOnlyList<Socket> sockets)
    {
        int length = sizeof(ControlHeader) + (sockets.Count * sizeof(int));
        byte* control = stackalloc byte[Space(sockets.Count)];
        *(ControlHeader*)control = new ControlHeader { Length = (nuint)length, Level = SOL_SOCKET, Type = SCM_RIGHTS };
        int* descriptors = (int*)(control + sizeof(ControlHeader));
        for (int i = 0; i < sockets.Count; i++)
            descriptors[i] = (int)sockets[i].SafeHandle.DangerousGetHandle();
        fixed (byte* start = bytes)
        {
            var vector = new IoVector { Start = start, Length = (nuint)bytes.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = (nuint)Space(sockets.Count),
            };
            nint sent;
            do
            {
                sent = sendmsg((int)peer.SafeHandle.DangerousGetHandle(), &message, MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == EINTR);
            GC.KeepAlive(sockets);
            GC.KeepAlive(peer);
            if (sent != bytes.Length)
                throw new SocketException((int)SocketError.ConnectionReset, "the message could not be sent whole");
        }
    }

    /// <summary>Receives what one <see cref="Send"/> has sent.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="buffer">As long as the bytes at least.</param>
    /// <param name="received">The number of bytes; 0 at the end.</param>
    /// <exception cref="SocketException">The peer has left, or descriptors are missing.</exception>
    public static IReadOnlyList<Socket> Receive(Socket peer, Span<byte> buffer, out int received)
    {
        byte* control = stackalloc byte[Space(MostDescriptors)];
        fixed (byte* start = buffer)
        {
            var vector = new IoVector { Start = start, Length = (nuint)buffer.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = (nuint)Space(MostDescriptors),
            };
            nint result;
            do
            {
                result = recvmsg((int)peer.SafeHandle.DangerousGetHandle(), &message, MSG_CMSG_CLOEXEC);
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == EINTR);
            if (result < 0 || (message.Flags & MSG_CTRUNC) != 0)
                throw new SocketException((int)SocketError.ConnectionReset, "the sockets could not be received");
            received = (int)result;
            return message.ControlLength < (nuint)sizeof(ControlHeader) ? [] : Sockets((ControlHeader*)control);
        }
    }

    private static List<Socket> Sockets(ControlHeader* header)
    {
        var sockets = new List<Socket>();
        if (header->Level != SOL_SOCKET || header->Type != SCM_RIGHTS)
            return sockets;
        int* descriptors = (int*)(header + 1);
        for (int i = 0; i < ((int)header->Length - sizeof(ControlHeader)) / sizeof(int); i++)
            sockets.Add(new Socket(new SafeSocketHandle(descriptors[i], ownsHandle: true)));
        return sockets;
    }

    // CMSG_SPACE.
    private static int Space(int descriptors) =>
        sizeof(ControlHeader) + ((descriptors * sizeof(int)) + sizeof(nuint) - 1) / sizeof(nuint) * sizeof(nuint);

    /// <summary>struct cmsghdr.</summary>
    private struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    /// <summary>struct iovec.</summary>
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    private struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);
}
