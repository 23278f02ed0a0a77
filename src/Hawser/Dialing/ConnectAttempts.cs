using System.Net;
using System.Net.Sockets;

namespace Hawser.Dialing;

/// <summary>The state of one dial: the next address and its start, the open sockets, and the errors.
/// <see cref="ConnectRace"/> waits.</summary>
/// <remarks>Not thread-safe. Disposing closes every socket but the one that was kept.</remarks>
internal sealed class ConnectAttempts(IReadOnlyList<EndPoint> endPoints, DialOptions options) : IDisposable
{
    // The kernel does not signal room in the backlog of a Unix domain socket.
    private static readonly TimeSpan FullBacklogPause = TimeSpan.FromMilliseconds(10);

    private readonly List<Socket> _open = [];
    private Socket? _newest;
    private int _next;
    private Deadline _nextStart = Deadline.Passed;
    private SocketException? _error;

    /// <summary>When the next attempt is due; <see cref="Deadline.None"/> if none is left.</summary>
    public Deadline NextStart => _next < endPoints.Count ? _nextStart : Deadline.None;

    /// <summary>Creates the socket of the next attempt.</summary>
    /// <returns>Null if that failed; the error is recorded.</returns>
    public Socket? Start(out EndPoint endPoint)
    {
        endPoint = endPoints[_next++];
        _nextStart = Deadline.After(options.ConnectionAttemptDelay);
        _newest = null;
        try
        {
            _newest = Create(endPoint);
            _open.Add(_newest);
            options.ConfigureSocket?.Invoke(_newest);
            return _newest;
        }
        catch (SocketException e)
        {
            Fail(_newest, e);
            return null;
        }
    }

    /// <summary>Records a failed attempt and closes its socket. If it was the newest, the next attempt is due at
    /// once.</summary>
    public void Fail(Socket? socket, SocketException error)
    {
        if (socket == _newest)
            _nextStart = Deadline.Passed;
        if (IsFullBacklog(socket, error))
        {
            // Retry: a Unix domain socket has one end point.
            _next--;
            _nextStart = Deadline.After(FullBacklogPause);
        }
        else if (_error is null || Usefulness(error) > Usefulness(_error))
        {
            _error = error;
        }
        if (socket is not null)
        {
            _open.Remove(socket);
            socket.Dispose();
        }
    }

    /// <exception cref="SocketException">All attempts have failed; this is their most useful error.</exception>
    public void ThrowIfAllFailed()
    {
        if (_open.Count == 0 && _next == endPoints.Count)
            throw _error ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>The error at the timeout. A refusal by a host says more than the silence of other addresses.</summary>
    public Exception TimedOut() =>
        _error?.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset
            ? _error
            : new TimeoutException();

    /// <summary>Hands a connected socket over to the caller.</summary>
    public Socket Keep(Socket socket)
    {
        _open.Remove(socket);
        return socket;
    }

    public void Dispose()
    {
        foreach (Socket socket in _open)
            socket.Dispose();
        _open.Clear();
    }

    private static Socket Create(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        return new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    }

    /// <summary>unix(7): a non-blocking connect fails while the backlog is full.</summary>
    private static bool IsFullBacklog(Socket? socket, SocketException error) =>
        error.SocketErrorCode == SocketError.WouldBlock && socket?.AddressFamily == AddressFamily.Unix;

    /// <summary>Ranks errors. A reset follows a connection, and a refusal comes from the host; an unreachable address
    /// is often one that this machine could never reach.</summary>
    private static int Usefulness(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionReset => 3,
        SocketError.ConnectionRefused => 2,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.AddressFamilyNotSupported
            or SocketError.AddressNotAvailable => 0,
        _ => 1,
    };
}
