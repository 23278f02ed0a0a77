using Hawser.App.Output;
using Hawser.Services;

namespace Hawser.App.Serving;

/// <summary>The logs of a server on the two standard streams. The server never waits for them, except for a second each at
/// its end.</summary>
internal sealed class ServeLogs : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<string> _readerLeft =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly LogWriter _errors;
    private readonly LogWriter? _output;
    private readonly bool _isJson;

    /// <param name="errorsOnly">A service writes its result to the standard output: log to the standard error
    /// only.</param>
    /// <param name="isJson">The lines on the standard error are JSON. Those on the standard output stay as the exercises
    /// prescribe them.</param>
    public ServeLogs(bool errorsOnly, bool isJson)
    {
        _isJson = isJson;
        _errors = new LogWriter(Standard.OpenError(), onError: _ => { }, isJson ? FormatJson : null);
        _output = errorsOnly ? null : new LogWriter(Standard.OpenOutput(), OnOutputError);
        Errors = isJson ? new StampedWriter(_errors, null, "", isJson) : _errors;
    }

    /// <summary>Receives the lines of a service for the standard output, if it is free.</summary>
    public TextWriter LogOf(string service) =>
        _output ?? (_isJson ? Of(service, "", StampedWriter.Info) : Errors);

    /// <summary>Receives the lines for the standard error that have no time of their own.</summary>
    public TextWriter Errors { get; }

    /// <summary>Receives what happens to the process, beside its services; each line gets its time.</summary>
    public StampedWriter Process => new(_errors, null, "", _isJson);

    /// <summary>Completes with an error line when the reader of the standard output has closed it.</summary>
    public Task<string> ReaderLeft => _readerLeft.Task;

    /// <summary>The log of a service on the standard error.</summary>
    public StampedWriter Of(string service, string prefix, string level) =>
        new(_errors, service, prefix, _isJson, level);

    /// <summary>Says where a service listens: on the standard output if it is free, as the exercises prescribe.</summary>
    public void WriteListening(string service, string prefix, string line)
    {
        if (_output is null)
            WriteStart(service, prefix, line);
        else
            _output.WriteLine(prefix + line);
    }

    /// <summary>Says on the standard error what a service does, without a time unless the lines are JSON.</summary>
    public void WriteStart(string service, string prefix, string line)
    {
        if (_isJson)
            Of(service, prefix, StampedWriter.Info).WriteLine(line);
        else
            _errors.WriteLine(prefix + line);
    }

    /// <summary>Waits up to a second for each stream to take its lines.</summary>
    public void Dispose()
    {
        if (_output?.End(Patience) is > 0 and var lost)
            Errors.WriteLine($"WARNING: {lost} lines of the log were dropped: the standard output did not take them");
        _errors.End(Patience);
    }

    private static string FormatJson(string line)
    {
        using var text = new StringWriter { NewLine = "" };
        new StampedWriter(text, null, "", isJson: true).WriteLine(line);
        return text.ToString();
    }

    private void OnOutputError(IOException e)
    {
        if (e.HResult == DescriptorStream.EPIPE)
            _readerLeft.TrySetResult($"cannot write to the standard output: {e.Message}; its reader has gone away");
        else
            Errors.WriteLine($"WARNING: cannot write to the standard output: {e.Message}; the log drops lines");
    }
}
