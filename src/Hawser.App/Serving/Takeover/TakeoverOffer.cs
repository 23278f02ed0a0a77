using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.Native;

namespace Hawser.App.Serving.Takeover;

/// <summary>Offers the listening sockets of this process to its successor, at a Unix domain socket of mode 0600.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TakeoverOffer : IDisposable
{
    private readonly string _path;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly FileIdentity? _file;
    private readonly IReadOnlyList<(string Service, Server Server)> _servers;
    private readonly TextWriter _errors;
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Open until this process ends, which the successor waits for.
    private Socket? _successor;

    /// <summary>Begins to offer.</summary>
    /// <param name="path">Where. A socket of a predecessor is replaced.</param>
    /// <param name="servers">The servers and the names of their services.</param>
    /// <param name="errors">Receives warnings.</param>
    /// <exception cref="IOException">The path is not available.</exception>
    public TakeoverOffer(string path, IReadOnlyList<(string Service, Server Server)> servers, TextWriter errors)
    {
        _path = path;
        _servers = servers;
        _errors = errors;
        string temporary = $"{path}.{Environment.ProcessId}";
        try
        {
            // Renamed once it has its mode and listens, so that a successor finds the one or the other.
            _listener.Bind(new UnixDomainSocketEndPoint(temporary));
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen(1);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            _listener.Dispose();
            throw new IOException($"--takeover: cannot listen at {path}: {e.Message}", e);
        }
        _file = FileIdentity.Of(path);
        new Thread(Run) { Name = "hawser takeover", IsBackground = true }.UnsafeStart();
    }

    /// <summary>Completes when a successor accepts connections: this process must stop.</summary>
    public Task Taken => _taken.Task;

    public void Dispose()
    {
        // A successor has replaced the file.
        if (_file is not null && FileIdentity.Of(_path) == _file)
            File.Delete(_path);
        _listener.Dispose();
    }

    private void Run()
    {
        try
        {
            while (_successor is null)
            {
                Socket peer = _listener.Accept();
                if (TryHandOver(peer))
                    _successor = peer;
                else
                    peer.Dispose();
            }
            _taken.TrySetResult();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server has stopped.
        }
    }

    private bool TryHandOver(Socket peer)
    {
        if (!TakeoverProtocol.IsTrusted(peer))
        {
            _errors.WriteLine("WARNING: --takeover: refused a process of another user");
            return false;
        }
        try
        {
            (string Service, Socket Socket)[] sockets =
            [
                .. _servers.SelectMany(entry =>
                    entry.Server.PauseAccepting().Select(socket => (entry.Service, socket))),
            ];
            DescriptorPassing.Send(
                peer, TakeoverProtocol.Write(sockets.Select(entry => entry.Service)),
                [.. sockets.Select(entry => entry.Socket)]);
            byte[] answer = new byte[TakeoverProtocol.Started.Length];
            int received = 0;
            peer.ReceiveTimeout = (int)TakeoverProtocol.Patience.TotalMilliseconds;
            while (received < answer.Length && peer.Receive(answer.AsSpan(received)) is > 0 and var more)
                received += more;
            if (answer.AsSpan().SequenceEqual(TakeoverProtocol.Started))
                return true;
            _errors.WriteLine("WARNING: --takeover: the new server did not start; this one serves on");
        }
        catch (SocketException e)
        {
            _errors.WriteLine($"WARNING: --takeover: {e.Message}; this server serves on");
        }
        foreach ((_, Server server) in _servers)
            server.ResumeAccepting();
        return false;
    }
}
