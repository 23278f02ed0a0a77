using System.Runtime.CompilerServices;
using Hawser.EventLoops;
using Hawser.Recycling;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>Event loops: one with <c>Socket.Select</c> is the multi-select server; several with epoll(7) use every
/// core.</summary>
/// <remarks>Each loop accepts for itself: the kernel wakes a waiting loop, not one whose handler blocks. With a short
/// backlog a dedicated thread accepts, because a busy loop would let a burst overflow it. A connection goes to the loop
/// with the fewest connections that is not blocked, and stays there.</remarks>
internal sealed class EventLoopModel : IConcurrencyModel
{
    private readonly LoopAcceptor[] _acceptors;
    private readonly bool _acceptsOnLoops;

    public EventLoopModel(string name, int loops, Func<IPoller> makePoller, int backlog)
    {
        _acceptors = [.. Enumerable.Range(1, loops).Select(
            n => new LoopAcceptor(new EventLoop($"hawser {name} {n}", makePoller())))];
        _acceptsOnLoops = backlog > ListenerSet.ShortBacklog;
    }

    public IReadOnlyList<EventLoop> Loops => [.. _acceptors.Select(acceptor => acceptor.Loop)];

    public async Task RunAsync(Func<Task> life)
    {
        try
        {
            foreach (LoopAcceptor acceptor in _acceptors)
                acceptor.Loop.Start();
            if (_acceptsOnLoops)
                await Task.WhenAll(_acceptors.Select(acceptor => acceptor.Loop.RunAsync(life)));
            else
                await ModelThread.Start("hawser start", life);
        }
        finally
        {
            foreach (LoopAcceptor acceptor in _acceptors)
                acceptor.Loop.End();
            await Task.WhenAll(_acceptors.Select(acceptor => acceptor.Loop.Ended));
        }
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    public async ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
    {
        LoopAcceptor? here = Array.Find(_acceptors, static acceptor => acceptor.Loop.IsCurrentThread);
        AcceptedSocket accepted =
            here is null ? await listeners.AcceptAsync(stopping) : await here.AcceptAsync(listeners, stopping);
        return new EventLoopTransport(LeastLoaded(here?.Loop ?? _acceptors[0].Loop), accepted.Socket)
        {
            Number = accepted.Number,
        };
    }

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
    {
        // Posted even to the accepting loop: the rest of a burst must not wait for the first handler.
        ((EventLoopTransport)accepted).Loop.Post(static serve => ((Func<Task>)serve!)(), serve);
        return ValueTask.CompletedTask;
    }

    private EventLoop LeastLoaded(EventLoop here)
    {
        EventLoop least = here;
        foreach (LoopAcceptor acceptor in _acceptors)
        {
            if (acceptor.Loop.Residents < least.Residents && !acceptor.Loop.Time.IsBlocked)
                least = acceptor.Loop;
        }
        return least;
    }
}
