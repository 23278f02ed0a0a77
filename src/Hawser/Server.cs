using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser;

/// <summary>Serves one protocol at one or more addresses under one concurrency model, within limits, until it is
/// stopped.</summary>
public sealed class Server : IAsyncDisposable
{
    // After the drain time, aborted handlers get this long to notice before they are reported as stuck.
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);

    private readonly IConnectionHandler _handler;
    private readonly ServerOptions _options;
    private readonly ListenerSet _listeners;
    private readonly IConcurrencyModel _model;
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _places;
    private readonly Shedder _shedder;
    private readonly Heartbeat _heartbeat;
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopGate = new();
    private Task<DrainReport>? _stop;
    private volatile bool _drainIsOver;
    private int _accepting = 1;
    private int _admitted;
    private long _lastId;

    private Server(IConnectionHandler handler, ServerOptions options, ListenerSet listeners)
    {
        _handler = handler;
        _options = options;
        _listeners = listeners;
        _model = options.Model.Create(options.ModelOptions);
        _places = new SemaphoreSlim(options.Limits.Connections);
        _shedder = new Shedder(listeners, options.Observer);
        _heartbeat = new Heartbeat(_connections, options.Limits, options.TimeProvider);
        foreach (EndPoint endPoint in listeners.EndPoints)
            options.Observer.Listening(endPoint);
        Completion = RunAsync();
    }

    /// <summary>Where the server really listens.</summary>
    public IReadOnlyList<EndPoint> EndPoints => _listeners.EndPoints;

    /// <summary>Completes when the server has stopped and its threads are gone; faults when it ended by itself because
    /// accepting is no longer possible.</summary>
    public Task Completion { get; }

    /// <summary>Connections being served or waiting to be.</summary>
    public int Connections => Volatile.Read(ref _admitted);

    /// <summary>Binds, listens and begins to serve.</summary>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    /// <exception cref="PlatformNotSupportedException">The platform lacks the model.</exception>
    public static Server Start(IConnectionHandler handler, ServerOptions options)
    {
        options.Limits.Validate();
        ListenerSet listeners = ListenerSet.Open(options.EndPoints, options.Backlog);
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

    /// <summary>Stops accepting, tells the handlers, waits for the drain timeout, aborts the rest. Calling it again
    /// gives the same stop.</summary>
    /// <returns>How many connections ended by which way.</returns>
    public Task<DrainReport> StopAsync()
    {
        lock (_stopGate)
        {
            if (_stop is null)
            {
                // Those that end from now on have ended within the stop.
                int open = Connections;
                _stop = Task.Run(() => DrainAsync(open));
            }
            return _stop;
        }
    }

    /// <summary>Stops, and waits until the server has.</summary>
    public async ValueTask DisposeAsync()
    {
        DrainReport report = await StopAsync();
        // A stuck handler may hold its model's thread for ever; nobody waits for that.
        if (report.Stuck == 0)
            await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        try
        {
            await _model.RunAsync(LiveAsync).ConfigureAwait(false);
        }
        finally
        {
            _heartbeat.Dispose();
            _shedder.Dispose();
        }
    }

    /// <summary>The life of the server, on the model's accepting thread.</summary>
    private async Task LiveAsync()
    {
        try
        {
            while (await TakeNextAsync())
            {
            }
        }
        finally
        {
            _listeners.Dispose();
            Interlocked.Exchange(ref _accepting, 0);
            EndIfLast();
            _ = StopAsync();
            await _allEnded.Task;
        }
    }

    /// <returns>False when it is time to stop.</returns>
    private async ValueTask<bool> TakeNextAsync()
    {
        try
        {
            await _places.WaitAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        Socket accepted;
        try
        {
            accepted = await _model.AcceptAsync(_listeners, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException e) when (AcceptError.IsOfOneConnection(e))
        {
            _places.Release();
            return true;
        }
        catch (SocketException e) when (AcceptError.IsOutOfDescriptors(e))
        {
            _places.Release();
            await _shedder.ShedAsync("descriptors", last: null, _stopping.Token);
            return true;
        }
        if (_shedder.HasOneOfTheLast(Connections))
        {
            _places.Release();
            await _shedder.ShedAsync("descriptors", accepted, _stopping.Token);
            return true;
        }
        await AdmitAsync(accepted);
        return true;
    }

    private async ValueTask AdmitAsync(Socket accepted)
    {
        long id = ++_lastId;
        Interlocked.Increment(ref _admitted);
        try
        {
            await _model.AdmitAsync(makeTransport => ServeAsync(id, accepted, makeTransport));
            _shedder.Recovered();
        }
        catch (NoThreadLeftException)
        {
            Leave();
            await _shedder.ShedAsync("threads", accepted, _stopping.Token);
        }
    }

    /// <summary>One connection, from its first byte to its last. Never throws.</summary>
    private async Task ServeAsync(long id, Socket accepted, TransportMaker makeTransport)
    {
        try
        {
            Connection connection;
            try
            {
                connection = new Connection(id, makeTransport(accepted), _options.Limits.BytesPerConnection);
            }
            catch (SocketException)
            {
                // Reset before it was served.
                accepted.Dispose();
                return;
            }
            _connections[id] = connection;
            // The stop may have come between accepting and registering.
            if (_stopping.IsCancellationRequested)
                connection.Stop();
            // And the drain time may have passed while it stood in a model's line.
            if (_drainIsOver)
                connection.Abort(CloseReason.DrainTimeout);
            _options.Observer.Accepted(connection);
            CloseReason reason = await HandleAsync(connection);
            _connections.TryRemove(id, out _);
            _options.Observer.Closed(connection, reason);
        }
        finally
        {
            Leave();
        }
    }

    private async Task<CloseReason> HandleAsync(Connection connection)
    {
        CloseReason reason;
        try
        {
            await _handler.HandleAsync(connection, _stopping.Token);
            reason = connection.PeerHasFinished ? CloseReason.PeerFinished : CloseReason.HandlerFinished;
        }
        catch (ProtocolException e)
        {
            reason = e.Reason;
        }
        catch (ConnectionClosedException e)
        {
            reason = e.Reason;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            reason = CloseReason.ServerStopping;
        }
        catch (Exception fault)
        {
            _options.Observer.Faulted(connection, fault);
            connection.Abort(CloseReason.HandlerFault);
            connection.Dispose();
            return connection.EndedBy;
        }
        await LingeringClose.CloseAsync(connection, _options.Limits.LingerTimeout);
        if (connection.EndedBy != CloseReason.None)
            return connection.EndedBy;
        return reason is CloseReason.HandlerFinished && _stopping.IsCancellationRequested
            ? CloseReason.ServerStopping
            : reason;
    }

    private void Leave()
    {
        _places.Release();
        Interlocked.Decrement(ref _admitted);
        EndIfLast();
    }

    private void EndIfLast()
    {
        if (Volatile.Read(ref _accepting) == 0 && Volatile.Read(ref _admitted) == 0)
            _allEnded.TrySetResult();
    }

    private async Task<DrainReport> DrainAsync(int open)
    {
        await _stopping.CancelAsync();
        foreach (Connection connection in _connections.Values)
            connection.Stop();
        int aborted = 0;
        if (!await EndsWithin(_options.Limits.DrainTimeout))
        {
            aborted = Connections;
            _drainIsOver = true;
            foreach (Connection connection in _connections.Values)
                connection.Abort(CloseReason.DrainTimeout);
            await EndsWithin(AbortGrace);
        }
        int stuck = Connections;
        _allEnded.TrySetResult();
        var report = new DrainReport(Math.Max(0, open - aborted), aborted - Math.Min(stuck, aborted), stuck);
        _options.Observer.Drained(report);
        return report;
    }

    private async Task<bool> EndsWithin(TimeSpan timeout)
    {
        try
        {
            await _allEnded.Task.WaitAsync(timeout);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
