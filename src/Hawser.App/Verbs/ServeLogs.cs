using Hawser.App.Output;
using Hawser.Services;

namespace Hawser.App.Verbs;

/// <summary>The logs of a server on the two standard streams. The server never waits for them, except for a second each at
/// its end.</summary>
internal sealed class ServeLogs : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<string> _readerLeft =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly LogWriter _errors = new(Standard.OpenError(), onError: _ => { });
    private readonly LogWriter? _output;

    /// <param name="errorsOnly">A service writes its result to the standard output: log to the standard error
    /// only.</param>
    public ServeLogs(bool errorsOnly) =>
        _output = errorsOnly ? null : new LogWriter(Standard.OpenOutput(), OnOutputError);

    /// <summary>Receives the lines for the standard output, if it is free.</summary>
    public TextWriter Log => _output ?? _errors;

    /// <summary>Receives the lines for the standard error.</summary>
    public TextWriter Errors => _errors;

    /// <summary>Completes with an error line when the reader of the standard output has closed it.</summary>
    public Task<string> ReaderLeft => _readerLeft.Task;

    /// <summary>Waits up to a second for each stream to take its lines.</summary>
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
