using Hawser.App.Output;

namespace Hawser.App.Verbs;

/// <summary>The two logs of a server, one for each standard stream. The server waits for neither, except at its
/// end: at most a second for each.</summary>
internal sealed class ServeLogs : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<string> _readerLeft =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly LogWriter _errors = new(Standard.OpenError(), onError: _ => { });
    private readonly LogWriter? _output;

    /// <param name="errorsOnly">The standard output is a service's own.</param>
    public ServeLogs(bool errorsOnly) =>
        _output = errorsOnly ? null : new LogWriter(Standard.OpenOutput(), OnOutputError);

    /// <summary>Lines for people.</summary>
    public TextWriter Log => _output ?? _errors;

    /// <summary>Lines about things gone wrong.</summary>
    public TextWriter Errors => _errors;

    /// <summary>Completes, with a line that says so, when the reader of the standard output has gone away.</summary>
    public Task<string> ReaderLeft => _readerLeft.Task;

    /// <summary>Waits, for a bounded time, until both are written.</summary>
    public void Dispose()
    {
        if (_output?.End(Patience) is > 0 and var lost)
            _errors.WriteLine($"WARNING: {lost} lines of the log were dropped: the standard output did not take them");
        _errors.End(Patience);
    }

    private void OnOutputError(IOException e)
    {
        if (e.HResult == DescriptorStream.EPIPE)
            _readerLeft.TrySetResult($"cannot write to the standard output: {e.Message}; its reader has gone away");
        else
            _errors.WriteLine($"WARNING: cannot write to the standard output: {e.Message}; the log drops lines");
    }
}
