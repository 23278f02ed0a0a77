using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.Native;

namespace Hawser;

/// <summary>The file of a Unix domain socket. It is unlinked only if it is certainly a socket: a stale one before
/// binding, our own after.</summary>
/// <remarks>.NET unlinks whatever has the name when the socket is disposed; <see cref="Bind"/> avoids that.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class SocketFile
{
    private readonly string _path;
    private readonly Libc.FileIdentity? _identity;

    private SocketFile(string path)
    {
        _path = path;
        _identity = Libc.Identify(path);
    }

    /// <summary>Binds the socket, replacing a stale file.</summary>
    /// <exception cref="ListenException">The path is not a socket, or is stale and cannot be removed.</exception>
    /// <exception cref="SocketException">The path cannot be bound; a live server may have it.</exception>
    public static SocketFile Bind(Socket socket, UnixDomainSocketEndPoint endPoint)
    {
        string path = endPoint.ToString();
        if (Libc.Identify(path) is { } there)
        {
            if (!there.IsSocket)
            {
                throw new ListenException(
                    $"cannot listen on {path}: exists and is not a socket; choose another path",
                    new SocketException((int)SocketError.AddressAlreadyInUse));
            }
            if (IsStale(endPoint))
                Unlink(path);
        }
        socket.Bind(new PlainAddress(endPoint));
        return new SocketFile(Path.GetFullPath(path));
    }

    /// <summary>Unlinks the file if it is still the bound one. The socket must still be open: it keeps the inode from
    /// being reused.</summary>
    public void Remove()
    {
        if (_identity is null || Libc.Identify(_path) != _identity)
            return;
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next server finds a stale socket.
        }
    }

    /// <summary>Whether nobody listens: a killed server leaves its file behind.</summary>
    private static bool IsStale(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // A live server with a full backlog must not block this one.
        probe.Blocking = false;
        try
        {
            probe.Connect(endPoint);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.ConnectionRefused;
        }
    }

    private static void Unlink(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ListenException($"cannot remove the stale socket {path}: {e.Message}", e);
        }
    }

    /// <summary>The same address, of a type that .NET does not unlink.</summary>
    private sealed class PlainAddress(UnixDomainSocketEndPoint path) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override SocketAddress Serialize() => path.Serialize();

        public override EndPoint Create(SocketAddress socketAddress) => path.Create(socketAddress);
    }
}
