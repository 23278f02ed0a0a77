using Hawser.Telemetry;
using Hawser.Timing;

namespace Hawser.Connections;

/// <summary>What the connections of one server share.</summary>
internal sealed record ConnectionScope
{
    /// <summary>For clients: no limits, the system's clock.</summary>
    public static ConnectionScope Client { get; } = new();

    /// <summary>For clients with a clock.</summary>
    public static ConnectionScope ForClient(TimeProvider time) =>
        time == TimeProvider.System ? Client : new() { Time = time, Clock = new CoarseClock(time) };

    /// <summary><see cref="ServerLimits.BytesPerConnection"/>, which may change.</summary>
    public long ByteLimit { get; set; } = long.MaxValue;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public CoarseClock Clock { get; init; } = CoarseClock.System;

    /// <summary>The instruments of the server; null for clients.</summary>
    public ServerMetrics? Metrics { get; init; }

    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Called when <see cref="Connection.Aborted"/> is first read; starts polling for a reset.</summary>
    public Action<Connection> Watch { get; init; } = static _ => { };

    /// <summary>Receives exceptions of callbacks of cancelled tokens.</summary>
    public Action<Exception> Faulted { get; init; } = static _ => { };

    /// <summary>Cancels without waiting for the registered callbacks, which may block or throw.</summary>
    public void Cancel(CancellationTokenSource source)
    {
        // On the thread pool the token is cancelled at once; only its callbacks run later.
        if (Scheduler == TaskScheduler.Default)
            _ = ReportAsync(source.CancelAsync());
        else
            _ = Task.Factory.StartNew(
                () => CancelHere(source), CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler);
    }

    /// <summary>Cancels and reports exceptions.</summary>
    public void CancelHere(CancellationTokenSource source) => Guard(source.Cancel);

    private async Task ReportAsync(Task cancelled)
    {
        await cancelled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (Exception fault in cancelled.Exception?.Flatten().InnerExceptions ?? [])
            Faulted(fault);
    }

    /// <summary>Calls foreign code and reports its exceptions.</summary>
    public void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (AggregateException e)
        {
            foreach (Exception fault in e.Flatten().InnerExceptions)
                Faulted(fault);
        }
        catch (Exception e)
        {
            Faulted(e);
        }
    }
}
