using System.Net.Sockets;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser.Tests.Simulation;

/// <summary>A model that takes connections from a queue and serves them on the simulation's scheduler. Accepting fails
/// now and then, as accept(2) does.</summary>
internal sealed class SimulatedModel(SimulatedScheduler scheduler, Trace trace) : IConcurrencyModel
{
    private static readonly SocketError[] AcceptErrors =
        [SocketError.ConnectionAborted, SocketError.TooManyOpenSockets, SocketError.NoBufferSpaceAvailable];

    private readonly Queue<SimulatedTransport> _backlog = new();
    private TaskCompletionSource? _arrival;
    private bool _closed;

    /// <summary>Puts a connection in the backlog, or resets it once the server has ended.</summary>
    public void Connect(SimulatedTransport connection)
    {
        if (_closed)
        {
            connection.Close();
            connection.End.Reset();
            return;
        }
        trace.Add(connection.End.Name, "is in the backlog");
        _backlog.Enqueue(connection);
        _arrival?.TrySetResult();
    }

    public async Task RunAsync(Func<Task> life)
    {
        try
        {
            await Task.Factory.StartNew(life, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
        }
        finally
        {
            _closed = true;
            foreach (SimulatedTransport connection in _backlog)
                connection.End.Reset();
        }
    }

    public async ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (scheduler.OneIn(40))
                throw new SocketException((int)scheduler.Random.GetItems(AcceptErrors, 1)[0]);
            if (_backlog.TryDequeue(out SimulatedTransport? next))
            {
                next.IsTaken = true;
                return next;
            }
            _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using (stopping.UnsafeRegister(_ => _arrival.TrySetResult(), null))
                await _arrival.Task;
        }
    }

    public async ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        // Some wait for their turn, as in the line of a pool.
        TimeSpan wait = scheduler.OneIn(4) ? scheduler.Draw(TimeSpan.FromMilliseconds(50)) : TimeSpan.Zero;
        scheduler.At(scheduler.Now + wait, () => Serve(serve));
        if (scheduler.OneIn(2))
            await Task.Yield();
    }

    private async void Serve(Func<Task> serve)
    {
        try
        {
            await serve();
        }
        catch (Exception e)
        {
            trace.AddFault("model", $"serving faulted: {e}");
        }
    }
}
