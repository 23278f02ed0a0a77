using Hawser.EventLoops;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>The multi-select server: one thread for everything, which asks <c>Socket.Select</c> who is ready.</summary>
internal sealed class SelectModel : IConcurrencyModel
{
    private readonly EventLoop _loop = new("hawser select", new SelectPoller());
    private readonly LoopAcceptor _acceptor;

    public SelectModel() => _acceptor = new LoopAcceptor(_loop);

    public async Task RunAsync(Func<Task> life)
    {
        _loop.Start();
        try
        {
            await _loop.RunAsync(life);
        }
        finally
        {
            _loop.End();
            await _loop.Ended;
        }
    }

    public async ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new EventLoopTransport(_loop, await _acceptor.AcceptAsync(listeners, stopping));

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        _ = serve();
        return ValueTask.CompletedTask;
    }
}
