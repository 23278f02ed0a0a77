using System.Runtime.ExceptionServices;
using Hawser.Models;

namespace Hawser;

/// <content>Reading and writing at the same time.</content>
public sealed partial class Connection
{
    /// <summary>Reads and writes at the same time and independently, under every model: for chat, subscriptions and
    /// proxies.</summary>
    /// <remarks>Under blocking models, <paramref name="read"/> runs on a second thread; under event loops the two
    /// alternate on the loop's thread; under <c>async</c> they may run in parallel, so shared state needs protection.
    /// Pass the token on: otherwise a half does not end with the other.</remarks>
    /// <param name="read">Reads. Its token is cancelled when <paramref name="write"/> ends.</param>
    /// <param name="write">Writes. Its token is cancelled when <paramref name="read"/> ends.</param>
    /// <returns>Completes when both have ended. Fails with the first error of the two, not counting this
    /// cancellation.</returns>
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
                // The other half ended first.
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
