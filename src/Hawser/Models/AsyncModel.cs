using Hawser.EventLoops;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>Connections have no thread: .NET's asynchronous sockets complete on its thread pool.</summary>
internal sealed class AsyncModel : IConcurrencyModel
{
    public Task RunAsync(Func<Task> life)
    {
        // Made while there are descriptors: every wait with a deadline needs it.
        _ = PreciseTimer.Shared;
        return Task.Run(life);
    }

    public async ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        SocketTransports.Completing(await listeners.AcceptAsync(stopping));

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        ThreadPool.UnsafeQueueUserWorkItem(static serve => serve(), serve, preferLocal: false);
        return ValueTask.CompletedTask;
    }
}
