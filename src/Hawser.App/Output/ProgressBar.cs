using Hawser.Services.Text;
using Spectre.Console;

namespace Hawser.App.Output;

/// <summary>A bar that Spectre.Console draws on the standard error. In a class of its own, so that its assembly is
/// loaded only when there is something to draw.</summary>
internal sealed class ProgressBar : IDisposable
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _drawing;
    private readonly CursorGuard _cursor;
    private readonly string _name;
    private ProgressTask? _task;

    /// <param name="name">What makes progress.</param>
    /// <param name="total">The amount; null if unknown.</param>
    public ProgressBar(string name, long? total)
    {
        _name = Printable.Line(name);
        IAnsiConsole console = Terminal.Errors;
        _cursor = new CursorGuard(console);
        Progress progress = console.Progress().AutoClear(true);
        progress.Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn());
        _drawing = progress.StartAsync(context =>
        {
            _task = context.AddTask(Markup.Escape(_name), maxValue: total is > 0 ? total.Value : 1);
            _task.IsIndeterminate = total is not > 0;
            return _over.Task;
        });
    }

    /// <summary>Shows how much is done.</summary>
    public void Report(long done, string words)
    {
        if (_task is null)
            return;
        _task.Description = Markup.Escape($"{_name}: {words}");
        if (!_task.IsIndeterminate)
            _task.Value = done;
    }

    /// <summary>Removes the bar. A terminal that fails or hangs up does not fail the transfer.</summary>
    public void Dispose()
    {
        _over.TrySetResult();
        _drawing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        _cursor.Dispose();
    }
}
