using Hawser.Transports;

namespace Hawser.Models;

/// <summary>The simple server: one thread that serves one connection at a time.</summary>
internal sealed class SequentialModel : IConcurrencyModel
{
    public SequentialModel() => WakerPool.Shared.Prepare();

    public Task RunAsync(Func<Task> life) => ModelThread.Start("hawser sequential", life);

    public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(SocketTransports.Blocking(listeners.Accept(stopping)));

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        ModelThread.Run(serve);
        return ValueTask.CompletedTask;
    }
}
