using System.Threading.Channels;
using Hawser.Transports;

namespace Hawser.Models;

/// <summary>N threads behind a queue of N places. While the queue is full nothing is accepted: connections wait in the
/// kernel's backlog.</summary>
internal sealed class PoolModel : IConcurrencyModel
{
    private readonly int _threads;
    private readonly Channel<Func<Task>> _line;

    public PoolModel(int threads)
    {
        _threads = threads;
        _line = Channel.CreateBounded<Func<Task>>(threads);
        WakerPool.Shared.Prepare();
    }

    public async Task RunAsync(Func<Task> life)
    {
        var workers = new List<Task>();
        try
        {
            for (int n = 1; n <= _threads; n++)
                workers.Add(ModelThread.Start($"hawser pool {n}", WorkAsync));
            await ModelThread.Start("hawser accept", life);
        }
        finally
        {
            _line.Writer.Complete();
            await Task.WhenAll(workers);
        }
    }

    public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        new(SocketTransports.Blocking(listeners.Accept(stopping)));

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve) => _line.Writer.WriteAsync(serve);

    private async Task WorkAsync()
    {
        await foreach (Func<Task> serve in _line.Reader.ReadAllAsync())
            ModelThread.Run(serve);
    }
}
