using System.Diagnostics;
using System.Text;
using Hawser.App.Lab.Processes;

namespace Hawser.App.Lab.Trials;

/// <summary>A command of a task, run by <c>/bin/sh -c</c>. Disposing kills it with its descendants.</summary>
internal sealed class ShellCommand : IAsyncDisposable
{
    private static readonly string Own = string.Join(' ', OwnProgram.Command.Select(ShellWords.Quote));

    private readonly string _what;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string? _until;
    private readonly Task _read;
    private string? _error;

    /// <summary>Starts a command.</summary>
    /// <param name="what">Its name in errors.</param>
    /// <param name="command">The command with its placeholders.</param>
    /// <param name="folder">Stands for <c>{folder}</c>.</param>
    /// <param name="port">Stands for <c>{port}</c>.</param>
    /// <param name="until">The text that <see cref="SaidAsync"/> waits for; null for none.</param>
    public ShellCommand(string what, string command, string folder, int port, string? until = null)
    {
        (_what, _until) = (what, until);
        string line = command.Replace("{hawser}", Own, StringComparison.Ordinal)
            .Replace("{folder}", ShellWords.Quote(folder), StringComparison.Ordinal)
            .Replace(LabSubject.PortMark, $"{port}", StringComparison.Ordinal);
        _process = OwnProgram.StartOther(null, ["/bin/sh", "-c", line]);
        _process.StandardInput.Close();
        Exited = _process.WaitForExitAsync();
        _read = Task.WhenAll(ReadAsync(_process.StandardOutput, OnOutput), ReadAsync(_process.StandardError, OnError));
    }

    /// <summary>Completes when it has ended.</summary>
    public Task Exited { get; }

    /// <summary>Its standard output so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Waits until it has ended and all its output is read.</summary>
    /// <exception cref="LabException">Its exit code is not 0.</exception>
    public async Task EndAsync(CancellationToken cancel)
    {
        await Exited.WaitAsync(cancel);
        await _read.WaitAsync(cancel);
        if (_process.ExitCode != 0)
            throw Failed();
    }

    /// <summary>Waits for the text.</summary>
    /// <exception cref="LabException">It ended before.</exception>
    public async Task SaidAsync(CancellationToken cancel)
    {
        if (await Task.WhenAny(_said.Task, _read).WaitAsync(cancel) == _said.Task || _said.Task.IsCompleted)
            return;
        await Exited.WaitAsync(cancel);
        throw Failed();
    }

    /// <summary>What to say of its end.</summary>
    public LabException Failed() =>
        new($"{_what} ended: exit code {_process.ExitCode}{(_error is null ? "" : $", {_error}")}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await Exited;
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
            onLine(line);
    }

    private void OnOutput(string line)
    {
        lock (_output)
            _output.Append(line).Append('\n');
        Look(line);
    }

    private void OnError(string line)
    {
        if (line.Trim().Length > 0)
            _error = line;
        Look(line);
    }

    private void Look(string line)
    {
        if (_until is not null && line.Contains(_until, StringComparison.Ordinal))
            _said.TrySetResult();
    }
}
