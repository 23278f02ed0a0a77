using System.Net.Sockets;
using Hawser.Models;
using Hawser.Transports;

namespace Hawser.Tests.Support;

/// <summary>A model whose listening sockets a test can break, so that accepting fails as it would for a system
/// error.</summary>
internal sealed class BreakingModel(IConcurrencyModel inner) : IConcurrencyModel
{
    private volatile ListenerSet? _listeners;

    /// <summary>The thread that accepts.</summary>
    public Thread? Thread { get; private set; }

    public void Break()
    {
        foreach (Socket socket in _listeners!.Sockets)
            socket.Shutdown(SocketShutdown.Both);
    }

    public Task RunAsync(Func<Task> life) => inner.RunAsync(life);

    public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
    {
        Thread ??= Thread.CurrentThread;
        _listeners = listeners;
        return inner.AcceptAsync(listeners, stopping);
    }

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve) => inner.AdmitAsync(accepted, serve);
}
