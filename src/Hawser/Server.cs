using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hawser.Accepting;
using Hawser.Connections;
using Hawser.DescriptorUse;
using Hawser.Limits;
using Hawser.Models;
using Hawser.Telemetry;
using Hawser.Transports;

namespace Hawser;

/// <summary>Serves one protocol at one or more addresses under one concurrency model, within limits, until
/// stopped.</summary>
public sealed partial class Server : IAsyncDisposable
{
    private readonly IConnectionHandler _handler;
    private readonly ServerOptions _options;
    private readonly IServerObserver _observer;
    private readonly ListenerSet _listeners;
    private readonly IConcurrencyModel _model;
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Shedder _shedder;
    private readonly AddressGate? _gate;
    private readonly Shaper? _shaper;
    private readonly EvictionQueue _handshakes;
    private readonly LimitMeter _meter;
    private readonly ServerTally _tally;
    private readonly ServerMetrics? _metrics;
    private readonly IReadOnlyList<Func<Transport, CancellationToken, ValueTask<Transport>>> _layers;
    private readonly Heartbeat _heartbeat;
    private readonly ConnectionScope _scope;
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DrainReport> _drained =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _stopBegun;
    private volatile bool _drainIsOver;

    // Accepting loops, plus one until the stop begins.
    private int _accepting = 1;
    private int _admitted;

    private Server(IConnectionHandler handler, ServerOptions options, ListenerSet listeners)
    {
        _handler = handler;
        _options = options;
        _limits = options.Limits;
        _observer = new GuardedObserver(options.Observer);
        _listeners = listeners;
        _model = options.Model.Create(options.ModelOptions with { Backlog = options.Backlog });
        listeners.Descriptors.Begin(handler.DescriptorsPerConnection, options.ReservedConnections);
        listeners.Places = options.Limits.Connections;
        _shedder = new Shedder(
            listeners, _observer, options.TimeProvider,
            () => listeners.HasRoom && DescriptorReserve.Shared.TryHold());
        _gate = AddressGate.For(options.Limits, options.TimeProvider);
        _shaper = Shaper.For(options.Limits, options.TimeProvider);
        _handshakes = new EvictionQueue(options.Limits.Handshakes);
        _meter = new LimitMeter(_gate, _shaper, _handshakes);
        _tally = new ServerTally(_connections.Select(served => served.Value));
        _metrics = CreateMetrics();
        _layers = _shaper is null ? options.Layers : [_shaper.Over, .. options.Layers];
        _heartbeat = new Heartbeat(options.Limits, options.TimeProvider, call => _scope!.Guard(call));
        _scope = new ConnectionScope
        {
            ByteLimit = options.Limits.BytesPerConnection,
            Time = options.TimeProvider,
            Clock = _heartbeat.Clock,
            Metrics = _metrics,
            Scheduler = options.Scheduler,
            Watch = _heartbeat.Watch,
            Faulted = _observer.Faulted,
        };
        listeners.Accepting = () =>
        {
            foreach (EndPoint endPoint in EndPoints)
                _observer.Listening(endPoint);
        };
        Completion = OnScheduler(RunAsync);
    }

    /// <summary>The bound addresses, with the actual ports.</summary>
    public IReadOnlyList<EndPoint> EndPoints => _listeners.EndPoints;

    /// <summary>Completes when the server has stopped and its threads have ended; faults if accepting became
    /// impossible.</summary>
    public Task Completion { get; }

    /// <summary>The stop has begun, by <see cref="StopAsync"/> or because accepting became impossible: the server accepts
    /// no more. Connections in progress may still be served, until <see cref="Completion"/>.</summary>
    public bool IsStopping => Volatile.Read(ref _stopBegun) != 0;

    /// <summary>Binds, listens and starts to serve.</summary>
    /// <exception cref="ArgumentException">Invalid options.</exception>
    /// <exception cref="IOException">An address is not available (<see cref="ListenException"/>), or the process may not
    /// open enough descriptors to serve one connection.</exception>
    /// <exception cref="PlatformNotSupportedException">The platform does not support the model.</exception>
    public static Server Start(IConnectionHandler handler, ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Start(handler, options, ListenerSet.Open(options));
    }

    /// <summary>Starts to serve from open listeners.</summary>
    internal static Server Start(IConnectionHandler handler, ServerOptions options, ListenerSet listeners)
    {
        // The caller's execution context must not flow into connections.
        if (ExecutionContext.IsFlowSuppressed())
            return StartDetached(handler, options, listeners);
        using (ExecutionContext.SuppressFlow())
            return StartDetached(handler, options, listeners);
    }

    private static Server StartDetached(IConnectionHandler handler, ServerOptions options, ListenerSet listeners)
    {
        try
        {
            return new Server(handler, options, listeners);
        }
        catch
        {
            listeners.Dispose();
            throw;
        }
    }

    /// <summary>Stops the server and waits until it has stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        DrainReport report = await StopAsync();
        // A stuck handler may hold its model's thread forever.
        if (report.Stuck == 0)
            await Completion.ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private async Task RunAsync()
    {
        try
        {
            await _model.RunAsync(LiveAsync);
        }
        finally
        {
            // A model that failed to start has not run the server.
            _ = StopAsync();
            _listeners.Dispose();
            _listeners.Release();
            _heartbeat.Dispose();
            _shedder.Dispose();
            _shaper?.Dispose();
            _metrics?.Dispose();
        }
    }

    /// <summary>Serves one connection from its first byte to its last. Never throws.</summary>
    private async Task ServeAsync(long id, Transport accepted, AddressGate.Place? place)
    {
        Connection connection;
        Heartbeat.Entry entry;
        try
        {
            accepted.Open();
            accepted.Clock = _heartbeat.Clock;
            connection = new Connection(id, accepted, _scope)
            {
                Begun = _heartbeat.Clock.Now,
                AcceptedAt = _options.TimeProvider.GetUtcNow(),
                ThreadName = _options.Model.KeepsThread ? Thread.CurrentThread.Name : null,
            };
            _connections[id] = connection;
            entry = _heartbeat.Add(connection);
        }
        catch (Exception e)
        {
            _connections.TryRemove(id, out _);
            // It was reset before it was served, its loop has ended, or memory is exhausted.
            _scope.Guard(accepted.Abort);
            Leave(place);
            if (e is not (ObjectDisposedException or SocketException
                {
                    SocketErrorCode: SocketError.ConnectionReset or SocketError.NotConnected,
                }))
                _observer.Faulted(e);
            return;
        }
        // The stop may have begun between accepting and registering.
        if (IsStopping)
        {
            _scope.Guard(connection.Stop);
            _ = EndIfSilentAsync([connection]);
        }
        // The drain timeout may have passed while it was queued in the model.
        if (_drainIsOver)
            AbortUndrained(connection);
        _observer.Accepted(connection);
        long begun = _metrics?.Begin() ?? 0;
        CloseReason reason = await (_options.HasSpans && ConnectionSpan.IsOn ? TraceAsync(connection) : HandleAsync(connection));
        if (!connection.IsClosed)
            _scope.Guard(accepted.Abort);
        _metrics?.RecordDuration(reason, begun);
        _connections.TryRemove(id, out _);
        _tally.AddEnded(connection);
        _heartbeat.Forget(entry);
        _meter.CountClosed(connection, reason);
        _observer.Closed(connection, reason);
        Leave(place);
    }

    private async Task<CloseReason> HandleAsync(Connection connection)
    {
        CloseReason reason;
        bool hasLayers = false;
        try
        {
            if (_layers.Count > 0)
                await (_options.Layers.Count > 0 ? OpenLayersAsync(connection) : connection.AddLayersAsync(_layers));
            hasLayers = true;
            await _handler.HandleAsync(connection, _stopping.Token);
            reason = connection.PeerHasFinished ? CloseReason.PeerFinished : CloseReason.HandlerFinished;
        }
        catch (ProtocolException e)
        {
            reason = e.Reason;
            // An eviction breaks the handshake as well.
            if (!hasLayers && connection.EndedBy == CloseReason.None)
                _observer.HandshakeFailed(connection, e);
        }
        catch (ConnectionClosedException e)
        {
            reason = e.Reason;
        }
        catch (OperationCanceledException) when (IsStopping || connection.EndedBy != CloseReason.None)
        {
            reason = CloseReason.ServerStopping;
        }
        catch (Exception fault)
        {
            _observer.Faulted(connection, fault);
            _scope.Guard(() => connection.Abort(CloseReason.HandlerFault));
            _scope.Guard(connection.Dispose);
            return connection.EndedBy;
        }
        // To a client without these layers, an orderly end without an answer could be one: it confirms a message.
        if (!hasLayers && connection is { BytesSent: 0, EndedBy: CloseReason.None })
            connection.Abort(reason);
        connection.IsClosing = true;
        await LingeringClose.CloseAsync(connection, _limits.LingerTimeout);
        _scope.Guard(connection.Dispose);
        if (connection.EndedBy != CloseReason.None)
            return connection.EndedBy;
        return reason is CloseReason.HandlerFinished && IsStopping ? CloseReason.ServerStopping : reason;
    }

    private async ValueTask OpenLayersAsync(Connection connection)
    {
        LinkedListNode<Connection> place = _handshakes.Enter(connection, out Connection? evicted);
        try
        {
            if (evicted is not null)
                _scope.Guard(() => evicted.Abort(CloseReason.HandshakeLimit));
            await connection.AddLayersAsync(_layers);
        }
        finally
        {
            _handshakes.Leave(place);
        }
    }

    private void Leave(AddressGate.Place? place)
    {
        _gate?.Leave(place);
        _listeners.ReturnPlace();
        Interlocked.Decrement(ref _admitted);
        EndIfLast();
    }

    private void AcceptNoMore()
    {
        Interlocked.Decrement(ref _accepting);
        EndIfLast();
    }

    private void EndIfLast()
    {
        if (Volatile.Read(ref _accepting) == 0 && Volatile.Read(ref _admitted) == 0)
            _allEnded.TrySetResult();
    }
}
