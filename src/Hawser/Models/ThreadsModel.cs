using System.Net.Sockets;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>A new thread for each connection; the accepting one never waits for any of them.</summary>
internal sealed class ThreadsModel : IConcurrencyModel
{
    private int _started;

    public Task RunAsync(Func<Task> life) => ModelThread.Start("hawser accept", life);

    public ValueTask<Socket> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(listeners.Accept(stopping));

    public ValueTask AdmitAsync(Func<TransportMaker, Task> serve)
    {
        ModelThread.Start($"hawser thread {++_started}", () => serve(static socket => new BlockingTransport(socket)));
        return ValueTask.CompletedTask;
    }
}
