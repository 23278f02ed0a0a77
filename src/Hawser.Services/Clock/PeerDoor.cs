using System.Net;
using Hawser.Models;

namespace Hawser.Services.Clock;

/// <summary>Where one client listens for its peers: at the address by which it reaches the server, and a port of the
/// system's choice. Who does not know the session's token is given no byte.</summary>
internal sealed class PeerDoor : IConnectionHandler, IAsyncDisposable
{
    private static readonly ServerLimits Limits = new()
    {
        Connections = 8,
        FirstByteTimeout = TimeSpan.FromSeconds(5),
        IdleTimeout = ClockTiming.MeetingStall,
        DrainTimeout = TimeSpan.FromSeconds(2),
    };

    private readonly TaskCompletionSource<PeerExchange> _exchange =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Server _server;
    private volatile bool _expects;

    private PeerDoor(IPAddress address) => _server = Server.Start(this, new ServerOptions
    {
        EndPoints = [new IPEndPoint(address, 0)],
        Model = ConcurrencyModels.Get("async"),
        Limits = Limits,
    });

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_server.EndPoints[0]).Port;

    /// <exception cref="ListenException">There is no port to be had.</exception>
    public static PeerDoor Open(IPAddress address) => new(address);

    /// <summary>From now on peers may have the roster, and greet before this client has it. Before, nobody
    /// can.</summary>
    public void Expect() => _expects = true;

    /// <summary>The roster is there: those who have greeted are served.</summary>
    public void Begin(PeerExchange exchange) => _exchange.TrySetResult(exchange);

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        var frames = new ClockFrames(connection);
        if (await frames.ReadAsync(Deadline.After(ClockTiming.AnswerPatience)) != InputState.Ready
            || frames.Type != ClockMessage.PeerHello || !_expects)
        {
            return;
        }
        bool isWhole = PeerProtocol.TryReadPeerHello(frames.Payload, out PeerHello hello, out _);
        if (await FindExchangeAsync(stopping) is not { } exchange || !exchange.Knows(hello.Token) || !isWhole)
            return;
        await exchange.AnswerAsync(connection, frames, hello);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_exchange.Task.IsCompletedSuccessfully)
            _exchange.Task.Result.Dispose();
    }

    private async Task<PeerExchange?> FindExchangeAsync(CancellationToken stopping)
    {
        try
        {
            return await _exchange.Task.WaitAsync(ClockTiming.AnswerPatience, stopping);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }
}
