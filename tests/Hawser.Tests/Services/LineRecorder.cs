using System.Text;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services;

/// <summary>Takes a service's lines for people, and lets a test wait for one.</summary>
internal sealed class LineRecorder : TextWriter
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = NewSignal();

    public override Encoding Encoding => Encoding.UTF8;

    public string[] Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public override void WriteLine(string? value)
    {
        lock (_gate)
        {
            _lines.Add(value!);
            _more.SetResult();
            _more = NewSignal();
        }
    }

    /// <summary>Waits for a line that contains a text.</summary>
    public async Task<string> LineWithAsync(string part)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_lines.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } found)
                    return found;
                more = _more.Task;
            }
            await more.Bounded();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
