using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.Native;

namespace Hawser.App.Serving.Takeover;

/// <summary>Offers the listening sockets of this process to its successor, at a Unix domain socket of mode 0600.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TakeoverOffer : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly string _temporary;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly IReadOnlyList<(string Service, Server Server)> _servers;
    private readonly TextWriter _errors;
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly ManualResetEventSlim _closing = new();
    private FileIdentity? _file;

    // Open until this process ends, which the successor waits for.
    private volatile Socket? _successor;

    /// <summary>Listens beside the path, so that a predecessor keeps it until <see cref="Open"/>.</summary>
    /// <param name="path">Where to offer.</param>
    /// <param name="servers">The servers and the names of their services.</param>
    /// <param name="errors">Receives warnings.</param>
    /// <exception cref="IOException">The path is not available.</exception>
    public TakeoverOffer(string path, IReadOnlyList<(string Service, Server Server)> servers, TextWriter errors)
    {
        _path = path;
        _servers = servers;
        _errors = errors;
        _temporary = $"{path}.{Environment.ProcessId}";
        try
        {
            _listener.Bind(new UnixDomainSocketEndPoint(_temporary));
            File.SetUnixFileMode(_temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _listener.Listen(1);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            _listener.Dispose();
            throw Error(e);
        }
    }

    /// <summary>How long to wait for the answer of a successor.</summary>
    public TimeSpan Patience { get; init; } = TakeoverProtocol.Patience;

    /// <summary>Completes when a successor accepts connections: this process must stop.</summary>
    public Task Taken => _taken.Task;

    /// <summary>Begins to offer at the path, in place of a predecessor.</summary>
    /// <exception cref="IOException">The path is not available.</exception>
    public void Open()
    {
        try
        {
            File.Move(_temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Error(e);
        }
        _file = FileIdentity.Of(_path);
        new Thread(Run) { Name = "hawser takeover", IsBackground = true }.UnsafeStart();
    }

    public void Dispose()
    {
        // A successor replaces the file.
        if (_successor is null && _file is not null && FileIdentity.Of(_path) == _file)
            File.Delete(_path);
        _closing.Set();
        _listener.Dispose();
    }

    private IOException Error(Exception why) => new($"--takeover: cannot listen at {_path}: {why.Message}", why);

    private void Run()
    {
        bool hasWarned = false;
        while (_successor is null)
        {
            try
            {
                Socket peer = _listener.Accept();
                if (TryHandOver(peer))
                    _successor = peer;
                else
                    peer.Dispose();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_closing.IsSet)
                    return;
                // The successor waits in the kernel, for example until there is a descriptor.
                if (!hasWarned)
                    _errors.WriteLine($"WARNING: --takeover: {e.Message}; trying again");
                hasWarned = true;
                _closing.Wait(RetryInterval);
            }
        }
        _taken.TrySetResult();
    }

    private bool TryHandOver(Socket peer)
    {
        if (!TakeoverProtocol.IsTrusted(peer))
        {
            _errors.WriteLine("WARNING: --takeover: refused a process of another user");
            return false;
        }
        if (!HasAsked(peer))
        {
            _errors.WriteLine("WARNING: --takeover: refused a process that did not ask for the sockets");
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
            if (HasStarted(peer))
                return true;
            _errors.WriteLine("WARNING: --takeover: the new server did not start; this one serves on");
        }
        catch (SocketException e)
        {
            _errors.WriteLine($"WARNING: --takeover: {e.Message}; this server serves on");
        }
        foreach ((_, Server server) in _servers)
            server.ResumeAccepting();
        try
        {
            peer.Send(TakeoverProtocol.Resumed);
        }
        catch (SocketException)
        {
            // The new server has ended.
        }
        return false;
    }

    private static bool HasAsked(Socket peer)
    {
        try
        {
            return Receives(peer, TakeoverProtocol.Take, TakeoverProtocol.RequestPatience);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private bool HasStarted(Socket peer)
    {
        // From now on an answer fails, and one that was sent before is read: both sides agree on who serves.
        if (!peer.Poll(Patience, SelectMode.SelectRead))
            peer.Shutdown(SocketShutdown.Receive);
        return Receives(peer, TakeoverProtocol.Started, TakeoverProtocol.Patience);
    }

    private static bool Receives(Socket peer, byte[] line, TimeSpan patience)
    {
        byte[] bytes = new byte[line.Length];
        int received = 0;
        peer.ReceiveTimeout = (int)patience.TotalMilliseconds;
        while (received < bytes.Length && peer.Receive(bytes.AsSpan(received)) is > 0 and var more)
            received += more;
        return bytes.AsSpan().SequenceEqual(line);
    }
}
