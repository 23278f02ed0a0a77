using System.Net.Sockets;
using Hawser.App.SideServers;
using Hawser.Limits;

namespace Hawser.App.Status;

/// <summary>The socket of a running <c>hawser serve</c> for <c>hawser status</c> and <c>hawser top</c>: a server of
/// this engine, on one thread.</summary>
internal sealed class StatusSocket : IAsyncDisposable
{
    private static readonly ServerLimits Limits = new()
    {
        Connections = 16,
        // One that does not read its answers loses its place.
        MinimumRate = new MinimumRate(1_000, TimeSpan.FromSeconds(5)),
        // Its clients lose nothing, and must not hold up the end of the process.
        DrainTimeout = TimeSpan.FromMilliseconds(200),
        LingerTimeout = TimeSpan.FromMilliseconds(100),
    };

    // Compiling the socket's code would take a processor from the first burst of connections.
    private static readonly TimeSpan PauseAfterStart = TimeSpan.FromMilliseconds(200);

    private readonly string _path;
    private readonly TaskCompletionSource<StatusBoard> _answering;
    private readonly Server _server;

    private StatusSocket(string path, TaskCompletionSource<StatusBoard> answering, Server server)
    {
        _path = path;
        _answering = answering;
        _server = server;
    }

    /// <summary>Listens, with descriptors of its own. Clients may connect from now on, and are answered after
    /// <see cref="AnswerAsync"/>.</summary>
    /// <param name="folder">The runtime directory.</param>
    /// <param name="errors">Receives a warning if it cannot be opened: the servers run without it.</param>
    /// <returns>Null if it cannot be opened.</returns>
    public static StatusSocket? TryListen(string folder, TextWriter errors)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            string path = StatusFolder.Prepare(folder);
            Bind(socket, path);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, StatusFolder.SocketMode);
            socket.Listen(Limits.Connections);
            var answering = new TaskCompletionSource<StatusBoard>(TaskCreationOptions.RunContinuationsAsynchronously);
            Server server = Server.Start(
                new StatusHandler(answering.Task), SideServer.Options("the status socket", errors) with
                {
                    Sockets = [socket],
                    Limits = Limits,
                });
            return new StatusSocket(path, answering, server);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            errors.WriteLine($"WARNING: no status socket: {e.Message}; --no-status silences this");
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Answers clients, beginning 200 ms after the servers listen.</summary>
    /// <param name="board">Answers the requests.</param>
    /// <param name="listening">The servers listen.</param>
    public async Task AnswerAsync(StatusBoard board, Task listening)
    {
        await listening;
        await Task.Delay(PauseAfterStart);
        _answering.SetResult(board);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        StatusFolder.Remove(_path);
    }

    /// <exception cref="IOException">A server listens there.</exception>
    private static void Bind(Socket socket, string path)
    {
        var place = new UnixDomainSocketEndPoint(path);
        try
        {
            socket.Bind(place);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // The process that left it had the same id. In another PID namespace, such a process may still run.
            if (IsAlive(place))
                throw new IOException($"{path}: another server listens there", e);
            File.Delete(path);
            socket.Bind(place);
        }
    }

    private static bool IsAlive(UnixDomainSocketEndPoint place)
    {
        // It must not wait for a place in the backlog.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            Blocking = false,
        };
        try
        {
            probe.Connect(place);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }
}
