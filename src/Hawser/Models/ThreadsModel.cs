using Hawser.Transports;

namespace Hawser.Models;

/// <summary>One thread per connection. One thread accepts, another starts the threads, so that a burst does not wait
/// for them.</summary>
internal sealed class ThreadsModel : IConcurrencyModel
{
    private ThreadProbe? _probe;
    private int _started;
    private int _serving;

    public ThreadsModel() => WakerPool.Shared.Prepare();

    public Task RunAsync(Func<Task> life) => ModelThread.Start("hawser start", life);

    public async ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        SocketTransports.Blocking(await listeners.AcceptAsync(stopping));

    /// <exception cref="NoThreadLeftException">No thread is left.</exception>
    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        // On first use, because reading the limits would delay the start.
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
            // Thread.Start throws this when the system has no thread left.
            Interlocked.Decrement(ref _serving);
            _probe.Forget();
            throw new NoThreadLeftException();
        }
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(Func<Task> serve)
    {
        try
        {
            await serve();
        }
        finally
        {
            Interlocked.Decrement(ref _serving);
        }
    }
}
