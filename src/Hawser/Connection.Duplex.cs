using System.Runtime.ExceptionServices;
using Hawser.Models;

namespace Hawser;

/// <content>Reading and writing at the same time.</content>
public sealed partial class Connection
{
    /// <summary>Reads and writes at the same time, independently of each other, under every model: what chat,
    /// subscriptions and proxies are made of.</summary>
    /// <remarks>Under the models that block, <paramref name="read"/> runs on a second thread for as long as it lasts;
    /// under the event loops the two take turns on the loop's thread; under <c>async</c> they may run in parallel. What
    /// they share must bear that. A half that does not pass its token on is not ended by it.</remarks>
    /// <param name="read">Reads; its token fires when <paramref name="write"/> has ended.</param>
    /// <param name="write">Writes; its token fires when <paramref name="read"/> has ended.</param>
    /// <returns>Completes when both have ended. Fails with the first error of the two; that one of them was cancelled
    /// because the other had ended is none.</returns>
    public async Task DuplexAsync(Func<CancellationToken, Task> read, Func<CancellationToken, Task> write)
    {
        var over = new CancellationTokenSource();
        Exception? error = null;
        Task reading = BlocksItsThread
            ? ModelThread.Start($"hawser reader {Id}", () => RunAsync(read))
            : RunAsync(read);
        await RunAsync(write);
        await reading;
        if (error is not null)
            ExceptionDispatchInfo.Throw(error);

        async Task RunAsync(Func<CancellationToken, Task> half)
        {
            try
            {
                await half(over.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                // The other half has ended first.
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref error, e, null);
            }
            finally
            {
                _scope.Cancel(over);
            }
        }
    }
}
