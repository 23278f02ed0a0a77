using System.Threading.Channels;

namespace Hawser.Tests.Simulation;

/// <summary>Handlers that echo lines, each using the engine in a demanding way.</summary>
internal static class SimulatedHandlers
{
    private const int LineLimit = 1024;

    // A millisecond is promised; the rest allows for a busy scheduler.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(30);

    /// <summary>Times out and cancels its calls now and then, and continues where it was.</summary>
    public static async Task EchoImpatientlyAsync(Connection connection, SimulatedScheduler scheduler)
    {
        while (true)
        {
            TimeSpan patience = Patience(scheduler);
            TimeSpan begin = scheduler.Now;
            var deadline = Deadline.After(patience, connection.Time);
            InputState state = await InsistAsync(
                cancel => connection.WaitForInputAsync(deadline, cancel), connection, scheduler);
            ThrowIfLate(begin, patience, scheduler);
            if (state == InputState.TimedOut && deadline.HasPassed)
                continue;
            if (state != InputState.Ready)
                return;
            if (await InsistAsync(cancel => connection.TryReadLineAsync(LineLimit, cancel), connection, scheduler)
                is not { } line)
                return;
            byte[] answer = [.. line.Span, (byte)'\n'];
            long before = connection.BytesSent;
            await InsistAsync(async cancel =>
            {
                await connection.WriteAsync(answer.AsMemory((int)(connection.BytesSent - before)), cancel);
                return true;
            }, connection, scheduler);
        }
    }

    /// <summary>Reads and writes at the same time.</summary>
    public static async Task EchoInDuplexAsync(Connection connection)
    {
        Channel<byte[]> lines = Channel.CreateUnbounded<byte[]>();
        await connection.DuplexAsync(
            async cancel =>
            {
                try
                {
                    while (await connection.WaitForInputAsync(cancel: cancel) == InputState.Ready
                        && await connection.TryReadLineAsync(LineLimit, cancel) is { } line)
                        lines.Writer.TryWrite([.. line.Span, (byte)'\n']);
                }
                finally
                {
                    lines.Writer.Complete();
                }
            },
            async _ =>
            {
                // Every line that was read is answered, whatever ended the reading.
                while (await lines.Reader.WaitToReadAsync(CancellationToken.None))
                {
                    while (lines.Reader.TryRead(out byte[]? line))
                        await connection.WriteAsync(line, CancellationToken.None);
                }
            });
    }

    /// <summary>Works on every line for a while, until its connection is over.</summary>
    public static async Task EchoSlowlyAsync(Connection connection, SimulatedScheduler scheduler)
    {
        while (await connection.WaitForInputAsync() == InputState.Ready
            && await connection.TryReadLineAsync(LineLimit) is { } line)
        {
            byte[] answer = [.. line.Span, (byte)'\n'];
            await Task.Delay(scheduler.Draw(TimeSpan.FromMilliseconds(800)), connection.Time, connection.Aborted);
            await connection.WriteAsync(answer);
        }
    }

    /// <summary>Repeats a call until its token has not cancelled it.</summary>
    private static async Task<T> InsistAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, Connection connection, SimulatedScheduler scheduler)
    {
        while (true)
        {
            TimeSpan patience = Patience(scheduler);
            TimeSpan begin = scheduler.Now;
            using var cancel = new CancellationTokenSource(patience, connection.Time);
            try
            {
                return await call(patience == Timeout.InfiniteTimeSpan ? CancellationToken.None : cancel.Token);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // Try again.
            }
            finally
            {
                ThrowIfLate(begin, patience, scheduler);
            }
        }
    }

    private static TimeSpan Patience(SimulatedScheduler scheduler) => scheduler.OneIn(2)
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromMicroseconds(100) + scheduler.Draw(TimeSpan.FromMilliseconds(10));

    private static void ThrowIfLate(TimeSpan begin, TimeSpan patience, SimulatedScheduler scheduler)
    {
        TimeSpan late = scheduler.Now - begin - patience;
        if (patience != Timeout.InfiniteTimeSpan && late > LongestDelay)
            throw new TimeoutException($"a call ended {late} after its deadline or cancellation");
    }
}
