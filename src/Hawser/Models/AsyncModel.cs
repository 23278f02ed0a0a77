using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>Nobody owns a thread: .NET's asynchronous sockets complete on its thread pool.</summary>
internal sealed class AsyncModel : IConcurrencyModel
{
    public Task RunAsync(Func<Task> life) => Task.Run(life);

    public ValueTask<Socket> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        listeners.AcceptAsync(stopping);

    public ValueTask AdmitAsync(Func<TransportMaker, Task> serve)
    {
        _ = Task.Run(() => serve(static socket => new CompletionTransport(socket)));
        return ValueTask.CompletedTask;
    }
}
