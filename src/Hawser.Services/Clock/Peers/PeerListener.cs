using System.Net;
using Hawser.Models;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Listens for one client's peers, on the address from which the client connects to the server. A connection
/// receives nothing before it proves to be a peer. If too many are unproven, the oldest of them is aborted.</summary>
internal sealed class PeerListener : IConnectionHandler, IAsyncDisposable
{
    /// <summary>The limit on unproven connections.</summary>
    internal const int MostStrangers = 16;

    private static readonly ServerLimits Limits = new()
    {
        Connections = 64,
        FirstByteTimeout = TimeSpan.FromSeconds(5),
        IdleTimeout = ClockTiming.MeetingStall,
        DrainTimeout = TimeSpan.FromSeconds(2),
    };

    private readonly TaskCompletionSource<PeerSwap> _swap =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Lock _gate = new();
    private readonly LinkedList<Connection> _strangers = [];
    private readonly Hawser.Server _server;
    private volatile bool _expects;

    private PeerListener(IPEndPoint endPoint) => _server = Hawser.Server.Start(this, new ServerOptions
    {
        EndPoints = [endPoint],
        Model = ConcurrencyModels.Get("async"),
        Limits = Limits,
    });

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_server.EndPoints[0]).Port;

    /// <summary>Listens on a port that the system chooses, or on the first free port of a range, beginning at the
    /// client's place in it.</summary>
    /// <exception cref="ListenException">No port is free.</exception>
    public static PeerListener Open(IPAddress address, PortRange? ports = null, int place = 0)
    {
        if (ports is not { } range)
            return new PeerListener(new IPEndPoint(address, 0));
        for (int i = 0; ; i++)
        {
            try
            {
                return new PeerListener(new IPEndPoint(address, range.First + ((place + i) % range.Count)));
            }
            catch (ListenException e) when (i + 1 == range.Count)
            {
                throw new ListenException($"--peer-ports: no port from {range.First} to {range.Last} is free", e);
            }
            catch (ListenException)
            {
                // Another program has this port.
            }
        }
    }

    /// <summary>Accepts greetings from now on: peers may receive the roster before this client does.</summary>
    public void Expect() => _expects = true;

    /// <summary>Serves the peers that have greeted: the roster has arrived.</summary>
    public void Begin(PeerSwap swap) => _swap.TrySetResult(swap);

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        var frames = new ClockFrames(connection);
        LinkedListNode<Connection> stranger = TakeIn(connection);
        (PeerSwap Swap, PeerHello Hello)? call;
        try
        {
            call = await ReadCallAsync(frames, stopping);
        }
        finally
        {
            lock (_gate)
            {
                if (stranger.List is not null)
                    _strangers.Remove(stranger);
            }
        }

        if (call is var (swap, hello))
            await swap.AnswerAsync(connection, frames, hello);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_swap.Task.IsCompletedSuccessfully)
            _swap.Task.Result.Dispose();
    }

    private LinkedListNode<Connection> TakeIn(Connection connection)
    {
        Connection? first = null;
        LinkedListNode<Connection> place;
        lock (_gate)
        {
            place = _strangers.AddLast(connection);
            if (_strangers.Count > MostStrangers)
            {
                first = _strangers.First!.Value;
                _strangers.RemoveFirst();
            }
        }

        first?.Abort();
        return place;
    }

    private async Task<(PeerSwap Swap, PeerHello Hello)?> ReadCallAsync(
        ClockFrames frames, CancellationToken stopping)
    {
        if (await frames.ReadAsync(Deadline.After(ClockTiming.AnswerPatience)) != InputState.Ready
            || frames.Type != ClockMessage.PeerHello || !_expects)
        {
            return null;
        }
        PeerHello hello = PeerProtocol.ReadPeerHello(frames.Payload);
        return await FindSwapAsync(stopping) is { } swap && swap.Knows(hello) ? (swap, hello) : null;
    }

    private async Task<PeerSwap?> FindSwapAsync(CancellationToken stopping)
    {
        try
        {
            return await _swap.Task.WaitAsync(ClockTiming.AnswerPatience, stopping);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }
}
