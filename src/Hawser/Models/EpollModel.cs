using System.Runtime.Versioning;
using Hawser.EventLoops;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>N event loops over epoll(7). A thread of its own accepts, so that a loop whose handler blocks holds up
/// nobody but its own connections; these are dealt out in turn and stay where they were dealt.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollModel(int loops) : IConcurrencyModel
{
    private readonly EventLoop[] _loops =
        [.. Enumerable.Range(1, loops).Select(n => new EventLoop($"hawser epoll {n}", new EpollPoller()))];

    private uint _next;

    public async Task RunAsync(Func<Task> life)
    {
        foreach (EventLoop loop in _loops)
            loop.Start();
        try
        {
            await Task.Run(life);
        }
        finally
        {
            foreach (EventLoop loop in _loops)
                loop.End();
            await Task.WhenAll(_loops.Select(loop => loop.Ended));
        }
    }

    public async ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new EventLoopTransport(_loops[_next++ % (uint)_loops.Length], await listeners.AcceptAsync(stopping));

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        ((EventLoopTransport)accepted).Loop.Post(static serve => ((Func<Task>)serve!)(), serve);
        return ValueTask.CompletedTask;
    }
}
