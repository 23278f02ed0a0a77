using Hawser.EventLoops;

namespace Hawser.Tests.Support;

/// <summary>An event loop of a test, over the poller of the model of that name.</summary>
internal sealed class LoopRunner : IAsyncDisposable
{
    public LoopRunner(string model)
    {
        Loop = new EventLoop($"test {model}", CreatePoller(model));
        Loop.Start();
    }

    public EventLoop Loop { get; }

    public Task RunAsync(Func<Task> body) => Loop.RunAsync(body).Bounded();

    public async ValueTask DisposeAsync()
    {
        Loop.End();
        await Loop.Ended.Bounded();
    }

    private static IPoller CreatePoller(string model) =>
        model == "epoll" && OperatingSystem.IsLinux() ? new EpollPoller() : new SelectPoller();
}
