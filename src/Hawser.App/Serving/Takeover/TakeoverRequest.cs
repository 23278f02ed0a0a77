using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.App.CommandLine;

namespace Hawser.App.Serving.Takeover;

/// <summary>Takes the listening sockets of the server that runs.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TakeoverRequest : IDisposable
{
    // Each is twice the one before.
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan UsualAnswer = TimeSpan.FromSeconds(2);

    private readonly Socket _predecessor;
    private readonly List<(string Service, Socket Socket)> _sockets;

    private TakeoverRequest(Socket predecessor, List<(string Service, Socket Socket)> sockets)
    {
        _predecessor = predecessor;
        _sockets = sockets;
    }

    /// <summary>Asks the server at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="errors">Receives a line if the answer takes long.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="IOException">It cannot hand over, or belongs to another user.</exception>
    public static TakeoverRequest? Ask(string path, TextWriter errors)
    {
        if (!Path.Exists(path))
            return null;
        ServerAddress.RequireSocket(new UnixDomainSocketEndPoint(path));
        var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            server.ReceiveTimeout = (int)TakeoverProtocol.Patience.TotalMilliseconds;
            server.Connect(new UnixDomainSocketEndPoint(path));
            if (!TakeoverProtocol.IsTrusted(server))
                throw new IOException($"--takeover: the server at {path} belongs to another user");
            server.Send(TakeoverProtocol.Take);
            return Receive(server, path, errors);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            // A server that was killed has left its socket.
            server.Dispose();
            return null;
        }
        catch (Exception e) when (e is SocketException or FormatException)
        {
            server.Dispose();
            throw new IOException($"--takeover: {path}: {e.Message}", e);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Takes the predecessor's sockets of a service.</summary>
    /// <returns>Those at the wanted addresses, and the addresses without one.</returns>
    public (IReadOnlyList<Socket> Taken, IReadOnlyList<EndPoint> Open) Take(
        string service, IReadOnlyList<EndPoint> wanted)
    {
        var taken = new List<Socket>();
        var open = new List<EndPoint>();
        foreach (EndPoint where in wanted)
        {
            int index = _sockets.FindIndex(entry => entry.Service == service && IsAt(entry.Socket, where));
            if (index < 0)
            {
                open.Add(where);
                continue;
            }
            taken.Add(_sockets[index].Socket);
            _sockets.RemoveAt(index);
        }
        return (taken, open);
    }

    /// <summary>The servers accept: the predecessor drains. One that has ended needs no answer.</summary>
    /// <exception cref="IOException">The predecessor has waited too long and accepts again.</exception>
    public void Start(IReadOnlyList<Server> servers)
    {
        foreach ((_, Socket unused) in _sockets)
            unused.Dispose();
        try
        {
            _predecessor.Send(TakeoverProtocol.Started);
        }
        catch (SocketException)
        {
            if (HasResumed())
            {
                throw new IOException($"--takeover: the start took longer than "
                    + $"{TakeoverProtocol.Patience.TotalSeconds} s; the old server serves on");
            }
        }
        _ = LookAsync(servers);
    }

    public void Dispose() => _predecessor.Dispose();

    private bool HasResumed()
    {
        try
        {
            return _predecessor.Receive(new byte[TakeoverProtocol.Resumed.Length]) > 0;
        }
        catch (SocketException e)
        {
            // It has not ended.
            return e.SocketErrorCode == SocketError.TimedOut;
        }
    }

    /// <summary>Looks for connections that the kernel has reported only to the predecessor (EPOLLEXCLUSIVE), whose
    /// event loops stop watching the sockets when they stop: ever more rarely, and once it has ended.</summary>
    private async Task LookAsync(IReadOnlyList<Server> servers)
    {
        Task<int> end = _predecessor.ReceiveAsync(new byte[1]);
        TimeSpan interval = FirstInterval;
        do
        {
            await Task.WhenAny(end, Task.Delay(interval));
            foreach (Server server in servers)
                server.AcceptPending();
            interval = interval < LongestInterval ? 2 * interval : Timeout.InfiniteTimeSpan;
        }
        while (!end.IsCompleted);
    }

    private static TakeoverRequest Receive(Socket server, string path, TextWriter errors)
    {
        if (!server.Poll(UsualAnswer, SelectMode.SelectRead))
        {
            errors.WriteLine($"WARNING: --takeover: the server at {path} does not answer yet; waiting up to "
                + $"{TakeoverProtocol.Patience.TotalSeconds} s more");
            if (!server.Poll(TakeoverProtocol.Patience, SelectMode.SelectRead))
                throw new IOException($"--takeover: the server at {path} does not answer");
        }
        byte[] buffer = new byte[TakeoverProtocol.MostBytes];
        IReadOnlyList<Socket> sockets = DescriptorPassing.Receive(server, buffer, out int received);
        if (received == 0)
            throw new IOException($"--takeover: the server at {path} did not hand over: its log says why, or another "
                + "server was first");
        IReadOnlyList<string> services = TakeoverProtocol.Read(buffer.AsSpan(0, received), sockets.Count);
        return new TakeoverRequest(server, [.. services.Zip(sockets)]);
    }

    /// <summary>Port 0 stands for any port.</summary>
    private static bool IsAt(Socket socket, EndPoint wanted) => (socket.LocalEndPoint, wanted) switch
    {
        (IPEndPoint at, IPEndPoint { Port: 0 } any) => at.Address.Equals(any.Address),
        (UnixDomainSocketEndPoint at, UnixDomainSocketEndPoint path) => $"{at}" == $"{path}",
        (var at, _) => wanted.Equals(at),
    };
}
