using Hawser.Models;
using Hawser.Transports;

namespace Hawser.Tests.Support;

/// <summary>A model that starts when the test calls <see cref="Start"/>.</summary>
internal sealed class LateModel(IConcurrencyModel inner) : IConcurrencyModel
{
    private readonly TaskCompletionSource _start = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Start() => _start.SetResult();

    public async Task RunAsync(Func<Task> life)
    {
        await _start.Task;
        await inner.RunAsync(life);
    }

    public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping) =>
        inner.AcceptAsync(listeners, stopping);

    public ValueTask AdmitAsync(Transport accepted, Func<Task> serve) => inner.AdmitAsync(accepted, serve);
}
