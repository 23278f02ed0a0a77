using System.Diagnostics;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Processes;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.App.Lab.Trials;

/// <summary>One measurement of a task.</summary>
internal static class TaskTrial
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    /// <summary>Runs a task once.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">Stands for <c>{folder}</c>.</param>
    /// <param name="cancel">Kills its commands.</param>
    /// <returns>Its figures, without latencies.</returns>
    /// <exception cref="LabException">A command failed; the message has its last words.</exception>
    public static async Task<LoadReport> RunAsync(LabTask task, string folder, CancellationToken cancel)
    {
        int port = ServerProcess.FindFreePort();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            await RunToEndAsync("prepare", task.Prepare, folder, port, limit.Token);
            TimeSpan cpu = MachineSample.OfEndedChildren();
            (double seconds, string output) = await TimeAsync(task, folder, port, limit.Token);
            cpu = MachineSample.OfEndedChildren() - cpu;
            await RunToEndAsync("check", task.Check, folder, port, limit.Token);
            var figures = new LabFigures { Task = FiguresOf(task, seconds, cpu, output) };
            return new LoadReport(figures, new LatencyHistogram());
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new LabException($"{task.Subject} did not end within {Quantity.FormatDuration(Limit)}");
        }
    }

    /// <summary>Runs a command that is not measured.</summary>
    /// <param name="what">Its name in errors.</param>
    /// <param name="command">The command; null for nothing to do.</param>
    /// <param name="folder">Stands for <c>{folder}</c>.</param>
    /// <param name="port">Stands for <c>{port}</c>.</param>
    /// <param name="cancel">Kills it.</param>
    /// <exception cref="LabException">It failed.</exception>
    public static async Task RunToEndAsync(
        string what, string? command, string folder, int port, CancellationToken cancel)
    {
        if (command is null)
            return;
        await using var shell = new ShellCommand(what, command, folder, port);
        await shell.EndAsync(cancel);
    }

    private static async Task<(double Seconds, string Output)> TimeAsync(
        LabTask task, string folder, int port, CancellationToken cancel)
    {
        await using ShellCommand? server = task.Server is null ? null
            : new ShellCommand("server", task.Server, folder, port);
        if (server is not null)
            await WaitForListenerAsync(server, port, cancel);
        long begin = Stopwatch.GetTimestamp();
        await using var run = new ShellCommand("run", task.Run, folder, port, task.Until);
        await (task.Until is null ? run.EndAsync(cancel) : run.SaidAsync(cancel));
        if (task.UntilServerEnds)
            await server!.EndAsync(cancel);
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return (seconds, run.Output);
    }

    private static async Task WaitForListenerAsync(ShellCommand server, int port, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(StartLimit);
        Task listens = ListeningPort.UntilOpenAsync(port, over.Token);
        Task first = await Task.WhenAny(listens, server.Exited);
        await over.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        if (first != listens)
            throw server.Failed();
        if (!listens.IsCompletedSuccessfully)
            throw new LabException($"server did not listen within {Quantity.FormatDuration(StartLimit)}");
    }

    private static Dictionary<string, double> FiguresOf(LabTask task, double seconds, TimeSpan cpu, string output)
    {
        var figures = new Dictionary<string, double> { ["task_cpu_seconds"] = cpu.TotalSeconds };
        if (!task.IsFixed)
            figures["task_seconds"] = seconds;
        if (task.Bytes is { } bytes)
            figures["task_bytes_per_second"] = bytes / seconds;
        if (task.Figures is { Count: > 0 } named)
        {
            var printed = new TaskOutput(output);
            foreach ((string name, string where) in named)
                figures[name] = printed.Find(where);
        }
        return figures;
    }
}
