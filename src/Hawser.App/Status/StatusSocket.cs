using System.Net.Sockets;
using Hawser.Models;

namespace Hawser.App.Status;

/// <summary>The socket of a running <c>hawser serve</c> for <c>hawser status</c> and <c>hawser top</c>: a server of
/// this engine, on one thread.</summary>
internal sealed class StatusSocket : IAsyncDisposable
{
    private static readonly ServerLimits Limits = new()
    {
        Connections = 16,
        // Its clients lose nothing, and must not hold up the end of the process.
        DrainTimeout = TimeSpan.FromMilliseconds(200),
        LingerTimeout = TimeSpan.FromMilliseconds(100),
    };

    // Compiling the socket's code would take a processor from the first burst of connections.
    private static readonly TimeSpan PauseAfterStart = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _closing = new();
    private readonly Task<Server?> _opened;

    /// <param name="board">Answers the requests.</param>
    /// <param name="listening">The servers listen. The socket is opened 200 ms later, so that it delays no
    /// start.</param>
    /// <param name="errors">Receives a warning if it cannot be opened: the servers run without it.</param>
    public StatusSocket(StatusBoard board, Task listening, TextWriter errors) =>
        _opened = OpenAsync(board, listening, errors);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (await _opened is { } server)
            await server.DisposeAsync();
        _closing.Dispose();
    }

    private async Task<Server?> OpenAsync(StatusBoard board, Task listening, TextWriter errors)
    {
        try
        {
            await listening.WaitAsync(_closing.Token);
            await Task.Delay(PauseAfterStart, _closing.Token);
            return await ListenAsync(board, errors);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            errors.WriteLine(
                $"WARNING: no status socket: {e.Message}; --no-status silences this");
            return null;
        }
    }

    private static async Task<Server> ListenAsync(StatusBoard board, TextWriter errors)
    {
        string path = StatusFolder.Prepare(StatusFolder.Location);
        // A loop needs no thread for a connection, which a busy server may lack.
        ConcurrencyModel epoll = ConcurrencyModels.Get("epoll");
        Server server = Server.Start(new StatusHandler(board), new ServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(path)],
            Model = epoll.IsAvailable ? epoll : ConcurrencyModels.Get("select"),
            ModelOptions = new ModelOptions { Loops = 1 },
            Limits = Limits,
            Observer = new FaultLog(errors),
        });
        try
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, StatusFolder.SocketMode);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private sealed class FaultLog(TextWriter errors) : IServerObserver
    {
        public void Faulted(Connection connection, Exception fault) => Faulted(fault);

        public void Faulted(Exception fault) => errors.WriteLine($"ERROR: fault in the status socket: {fault}");
    }
}
