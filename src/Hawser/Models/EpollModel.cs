using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.EventLoops;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>N event loops over epoll(7). The first accepts; connections are dealt out in turn and stay where they were
/// dealt.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollModel : IConcurrencyModel
{
    private readonly EventLoop[] _loops;
    private readonly LoopAcceptor _acceptor;
    private uint _next;

    public EpollModel(int loops)
    {
        _loops = [.. Enumerable.Range(1, loops).Select(n => new EventLoop($"hawser epoll {n}", new EpollPoller()))];
        _acceptor = new LoopAcceptor(_loops[0]);
    }

    public async Task RunAsync(Func<Task> life)
    {
        foreach (EventLoop loop in _loops)
            loop.Start();
        try
        {
            await _loops[0].RunAsync(life);
        }
        finally
        {
            foreach (EventLoop loop in _loops)
                loop.End();
            await Task.WhenAll(_loops.Select(loop => loop.Ended));
        }
    }

    public ValueTask<Socket> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        _acceptor.AcceptAsync(listeners, stopping);

    public ValueTask AdmitAsync(Func<TransportMaker, Task> serve)
    {
        EventLoop loop = _loops[_next++ % (uint)_loops.Length];
        loop.Post(_ => serve(socket => new EventLoopTransport(loop, socket)), null);
        return ValueTask.CompletedTask;
    }
}
