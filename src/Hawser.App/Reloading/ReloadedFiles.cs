using System.Runtime.InteropServices;
using Hawser.Services.Text;

namespace Hawser.App.Reloading;

/// <summary>Reads certificates, tokens and lists of addresses again: within two seconds after they change, and at once
/// on SIGHUP. A bad file leaves the old ones in force, with a warning.</summary>
internal sealed class ReloadedFiles : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<(FileSet Files, TextWriter Events, TextWriter Errors)> _sets = [];
    private Timer? _timer;
    private PosixSignalRegistration? _hangUp;

    /// <summary>Adds files before <see cref="Watch"/>.</summary>
    /// <param name="files">The files.</param>
    /// <param name="events">Receives a line when they are read again.</param>
    /// <param name="errors">Receives warnings.</param>
    public void Add(FileSet files, TextWriter events, TextWriter errors) => _sets.Add((files, events, errors));

    /// <summary>Begins to watch the files, if there are any.</summary>
    /// <param name="hangingUp">Called on SIGHUP before and, with true, after the files are read; null: without files,
    /// SIGHUP ends the process as usual.</param>
    public void Watch(Action<bool>? hangingUp = null)
    {
        if (_sets.Count > 0)
            _timer = new Timer(_ => ReadAgain(isAsked: false), null, CheckInterval, CheckInterval);
        if (_sets.Count == 0 && hangingUp is null)
            return;
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            hangingUp?.Invoke(false);
            ReadAgain(isAsked: true);
            hangingUp?.Invoke(true);
        });
    }

    /// <summary>Reads the files that have changed, or all of them. Unless it is asked, it leaves out a turn while
    /// another reads, for example from a file system that hangs.</summary>
    internal void ReadAgain(bool isAsked)
    {
        if (isAsked)
            _gate.Enter();
        else if (!_gate.TryEnter())
            return;
        try
        {
            foreach ((FileSet files, TextWriter events, TextWriter errors) in _sets)
            {
                try
                {
                    foreach (string line in files.ReadAgain(isAsked) ?? [])
                        events.WriteLine($"read again: {line}");
                }
                catch (Exception e)
                {
                    // Nobody else would catch it: the process would end.
                    errors.WriteLine($"WARNING: {Printable.Line(e.Message)}; the old ones stay in force");
                }
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    public void Dispose()
    {
        _hangUp?.Dispose();
        _timer?.Dispose();
    }
}
