using Hawser.EventLoops;
using Hawser.Native;

namespace Hawser.Models;

/// <summary>The list of models. A new model is one file and one entry here.</summary>
public static class ConcurrencyModels
{
    // Long enough for a client that works at its answer, short enough for those that wait.
    private static readonly TimeSpan HalfMinute = TimeSpan.FromSeconds(30);

    /// <summary>All models, simplest first.</summary>
    public static IReadOnlyList<ConcurrencyModel> All { get; } =
    [
        new("sequential", "one connection at a time, on one thread", _ => new SequentialModel())
        {
            Aliases = ["simple"],
            IsConcurrent = false,
            BlocksItsThread = true,
            LongestSilence = HalfMinute,
        },
        new("select", "all connections on one thread, with select", CreateSelect)
        {
            Aliases = ["multi-select"],
        },
        new("threads", "one thread per connection", _ => new ThreadsModel())
        {
            BlocksItsThread = true,
        },
        new("pool", "a fixed number of threads with a bounded queue", o => new PoolModel(o.Threads))
        {
            Aliases = ["multi-thread"],
            BlocksItsThread = true,
            LongestSilence = HalfMinute,
        },
        new("async", ".NET asynchronous sockets on the thread pool", _ => new AsyncModel())
        {
            KeepsThread = false,
        },
        new("epoll", "one event loop per core, with epoll (Linux)", CreateEpoll)
        {
            IsAvailable = Platform.IsLinux,
        },
    ];

    /// <summary>The model with this name or alias.</summary>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the models.</exception>
    public static ConcurrencyModel Get(string name) =>
        All.FirstOrDefault(model => model.Name == name || model.Aliases.Contains(name))
        ?? throw new ArgumentException(
            $"unknown model '{name}'; use one of {string.Join(", ", All.Select(model => model.Name))}");

    private static EventLoopModel CreateSelect(ModelOptions options) =>
        new("select", loops: 1, () => new SelectPoller(), options.Backlog);

    private static EventLoopModel CreateEpoll(ModelOptions options) =>
        new("epoll", options.Loops, Pollers.Best, options.Backlog);
}
