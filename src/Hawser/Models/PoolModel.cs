using System.Threading.Channels;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>N threads that live as long as the server, and a line of N places before them. When the line is full,
/// nobody is accepted: the kernel's backlog is the waiting room.</summary>
internal sealed class PoolModel(int threads) : IConcurrencyModel
{
    private readonly Channel<Func<Task>> _line = Channel.CreateBounded<Func<Task>>(threads);

    public async Task RunAsync(Func<Task> life)
    {
        Task[] workers =
            [.. Enumerable.Range(1, threads).Select(n => ModelThread.Start($"hawser pool {n}", WorkAsync))];
        try
        {
            await ModelThread.Start("hawser accept", life);
        }
        finally
        {
            _line.Writer.Complete();
            await Task.WhenAll(workers);
        }
    }

    public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(new BlockingTransport(listeners.Accept(stopping)));

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve) => _line.Writer.WriteAsync(serve);

    private async Task WorkAsync()
    {
        await foreach (Func<Task> serve in _line.Reader.ReadAllAsync())
            ThreadContext.Run(serve);
    }
}
