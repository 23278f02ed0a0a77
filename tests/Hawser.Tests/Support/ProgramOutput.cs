using System.Text;

namespace Hawser.Tests.Support;

/// <summary>Records one output of a program.</summary>
internal sealed class ProgramOutput
{
    private readonly List<byte> _bytes = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _more = NewSignal();

    public ProgramOutput(Stream stream) => Ended = ReadAsync(stream);

    /// <summary>Completes when the program has closed it.</summary>
    public Task Ended { get; }

    public byte[] Bytes
    {
        get
        {
            lock (_gate)
                return [.. _bytes];
        }
    }

    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The complete lines so far, without line ends.</summary>
    public string[] Lines => Text.Split('\n')[..^1];

    /// <summary>Waits for a line that contains a text.</summary>
    public async Task<string> LineWithAsync(string part) => await FindAsync($"'{part}'",
        () => Lines.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)));

    /// <summary>Waits for a text, which need not end in a line end.</summary>
    public Task ContainsAsync(string part) =>
        FindAsync($"'{part}'", () => Text.Contains(part, StringComparison.Ordinal) ? part : null);

    /// <summary>Waits until it has a first byte.</summary>
    public Task BeginsAsync() => FindAsync("output", () => Text.Length > 0 ? Text : null);

    private async Task<string> FindAsync(string what, Func<string?> find)
    {
        while (true)
        {
            Task more;
            bool hasEnded = Ended.IsCompleted;
            lock (_gate)
                more = _more.Task;
            if (find() is { } found)
                return found;
            if (hasEnded)
                throw new InvalidOperationException($"the program ended without {what}; it said: {Text}");
            await Task.WhenAny(more, Ended).WaitAsync(ProgramProcess.Limit);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync(Stream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            TaskCompletionSource said;
            lock (_gate)
            {
                _bytes.AddRange(buffer.AsSpan(0, read));
                (said, _more) = (_more, NewSignal());
            }
            said.SetResult();
        }
    }
}
