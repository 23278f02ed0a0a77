using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hawser.Native;

/// <summary>The user ids of processes.</summary>
/// <remarks>The services compile this file too: there is one reading of SO_PEERCRED.</remarks>
internal static partial class ProcessUser
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    /// <summary>The effective user of this process.</summary>
    [UnsupportedOSPlatform("windows")]
    public static uint Own() => geteuid();

    /// <summary>The user of the process at the other end of a Unix domain socket; null if the system does not
    /// tell.</summary>
    /// <exception cref="SocketException">The socket cannot be asked.</exception>
    [SupportedOSPlatform("linux")]
    public static uint? OfPeer(Socket socket)
    {
        // struct ucred: process, user, group.
        Span<byte> credentials = stackalloc byte[3 * sizeof(uint)];
        return socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials) == credentials.Length
            ? BitConverter.ToUInt32(credentials[sizeof(uint)..])
            : null;
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
