using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.App.Verbs;

namespace Hawser.App.Serving.Takeover;

/// <summary>Takes the listening sockets of the server that runs.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TakeoverRequest : IDisposable
{
    // While both processes have a socket, the kernel may tell only the old one of a connection (EPOLLEXCLUSIVE).
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly Socket _predecessor;
    private readonly List<(string Service, Socket Socket)> _sockets;

    private TakeoverRequest(Socket predecessor, List<(string Service, Socket Socket)> sockets)
    {
        _predecessor = predecessor;
        _sockets = sockets;
    }

    /// <summary>Asks the server at a path.</summary>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="IOException">It cannot hand over, or belongs to another user.</exception>
    public static TakeoverRequest? Ask(string path)
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
            return Receive(server, path);
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

    /// <summary>The service at the sockets of its predecessor that have its addresses; it listens itself at the
    /// others.</summary>
    public ServiceRun Adopt(ServiceRun run)
    {
        var taken = new List<Socket>();
        var open = new List<EndPoint>();
        foreach (EndPoint wanted in run.Options.EndPoints)
        {
            int index = _sockets.FindIndex(entry => entry.Service == run.Service.Name && IsAt(entry.Socket, wanted));
            if (index < 0)
            {
                open.Add(wanted);
                continue;
            }
            taken.Add(_sockets[index].Socket);
            _sockets.RemoveAt(index);
        }
        return run.At(taken, open);
    }

    /// <summary>The services accept: the predecessor drains.</summary>
    public void Start(IReadOnlyList<Server> servers)
    {
        foreach ((_, Socket unused) in _sockets)
            unused.Dispose();
        _predecessor.Send(TakeoverProtocol.Started);
        _ = LookAsync(servers);
    }

    public void Dispose() => _predecessor.Dispose();

    /// <summary>Looks for connections until the predecessor has ended.</summary>
    private async Task LookAsync(IReadOnlyList<Server> servers)
    {
        Task<int> end = _predecessor.ReceiveAsync(new byte[1]);
        do
        {
            await Task.WhenAny(end, Task.Delay(LookInterval));
            foreach (Server server in servers)
                server.AcceptPending();
        }
        while (!end.IsCompleted);
    }

    private static TakeoverRequest Receive(Socket server, string path)
    {
        if (!server.Poll(TakeoverProtocol.Patience, SelectMode.SelectRead))
            throw new IOException($"--takeover: the server at {path} does not answer");
        byte[] buffer = new byte[TakeoverProtocol.MostBytes];
        IReadOnlyList<Socket> sockets = DescriptorPassing.Receive(server, buffer, out int received);
        if (received == 0)
            throw new IOException($"--takeover: the server at {path} refused");
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
