using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Hawser.Native;

namespace Hawser.Accepting;

/// <summary>The file of a Unix domain socket. Only sockets are unlinked: a stale one before binding, and the server's own
/// one at the end.</summary>
/// <remarks>.NET unlinks the path when the socket is disposed, whatever it names by then; <see cref="Listen"/> avoids
/// that.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class SocketFile
{
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly FileIdentity? _identity;

    private SocketFile(string path)
    {
        _path = path;
        _identity = FileIdentity.Of(path);
    }

    /// <summary>Binds the socket and listens, replacing a stale file.</summary>
    /// <exception cref="ListenException">The path is not a socket, or a stale one that cannot be removed.</exception>
    /// <exception cref="SocketException">The path cannot be bound, or a server has it.</exception>
    public static SocketFile Listen(
        Socket socket, UnixDomainSocketEndPoint endPoint, int backlog, UnixFileMode? mode = null)
    {
        string path = endPoint.ToString();
        using Socket? claim = Claim(Path.GetFullPath(path));
        if (FileIdentity.Of(path) is { } there)
        {
            if (there.Kind != FileKind.Socket)
            {
                throw new ListenException(
                    $"cannot listen on {path}: exists and is not a socket; choose another path",
                    new SocketException((int)SocketError.AddressAlreadyInUse));
            }
            if (IsStale(endPoint))
                Unlink(path);
        }
        socket.Bind(new PlainAddress(endPoint));
        var file = new SocketFile(Path.GetFullPath(path));
        try
        {
            // Before it listens, so that no connection precedes the mode.
            if (mode is not null)
                File.SetUnixFileMode(path, mode.Value);
            socket.Listen(backlog);
            return file;
        }
        catch
        {
            file.Remove();
            throw;
        }
    }

    /// <summary>Unlinks the file if it is still the one that was bound. The socket must still be open, so that its inode is
    /// not reused.</summary>
    public void Remove()
    {
        if (_identity is null || FileIdentity.Of(_path) != _identity)
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

    /// <summary>Allows one server at a time between the check for a stale socket and listen(2): a socket that is bound and
    /// not listening looks stale, and another server would unlink it. The claim is a name in the abstract namespace
    /// (unix(7)), which ends with its process.</summary>
    /// <returns>Null if the name cannot be had: the system has no such names, or another program has kept it for a
    /// second. The name is no secret, so a program that keeps it must not keep a server from its path.</returns>
    private static Socket? Claim(string path)
    {
        var name = new UnixDomainSocketEndPoint(ClaimOf(path));
        var claim = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        SocketError error = default;
        SpinWait.SpinUntil(
            () => (error = TryBind(claim, name)) is not SocketError.AddressAlreadyInUse, ClaimPatience);
        if (error is SocketError.Success)
            return claim;
        claim.Dispose();
        return null;
    }

    /// <summary>The name that claims a path: a hash (FNV-1a, 64 bits), because a path may be too long for a name. Two
    /// paths with one hash only wait for each other. SHA-256 would load OpenSSL.</summary>
    internal static string ClaimOf(string path)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in Encoding.UTF8.GetBytes(path))
            hash = unchecked((hash ^ value) * 0x100000001B3);
        return $"\0hawser-{hash:x16}";
    }

    private static SocketError TryBind(Socket socket, EndPoint name)
    {
        try
        {
            socket.Bind(name);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    /// <summary>Whether no server listens: a killed server leaves its file behind.</summary>
    private static bool IsStale(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // A connect to a server whose backlog is full would block.
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
