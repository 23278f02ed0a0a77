using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>A new thread for each connection; the accepting one never waits for any of them.</summary>
internal sealed class ThreadsModel : IConcurrencyModel
{
    private ThreadProbe? _probe;
    private int _started;
    private int _serving;

    public Task RunAsync(Func<Task> life) => ModelThread.Start("hawser accept", life);

    public ValueTask<Socket> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(listeners.Accept(stopping));

    /// <exception cref="NoThreadLeftException">There are no more threads.</exception>
    public ValueTask AdmitAsync(Func<TransportMaker, Task> serve)
    {
        // Made with the first connection: a start that looks for limits would take longer.
        _probe ??= new ThreadProbe(ThreadLimit.Read());
        if (!_probe.HasThreadsFor(Volatile.Read(ref _serving) + 1))
            throw new NoThreadLeftException();
        Interlocked.Increment(ref _serving);
        try
        {
            ModelThread.Start($"hawser thread {++_started}", () => ServeAsync(serve));
        }
        catch (OutOfMemoryException)
        {
            // What Thread.Start throws when the system has no thread left.
            Interlocked.Decrement(ref _serving);
            _probe.Forget();
            throw new NoThreadLeftException();
        }
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(Func<TransportMaker, Task> serve)
    {
        try
        {
            await serve(static socket => new BlockingTransport(socket));
        }
        finally
        {
            Interlocked.Decrement(ref _serving);
        }
    }
}
