using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>The simple server: one thread, which serves a connection to its end before it takes the next.</summary>
internal sealed class SequentialModel : IConcurrencyModel
{
    public Task RunAsync(Func<Task> life) => ModelThread.Start("hawser sequential", life);

    public ValueTask<Socket> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(listeners.Accept(stopping));

    public ValueTask AdmitAsync(Func<TransportMaker, Task> serve) =>
        new(serve(static socket => new BlockingTransport(socket)));
}
