using Hawser.Services.Text;

namespace Hawser.App.Reloading;

/// <summary>Reads certificates, tokens and lists of addresses again: within two seconds after they change, and at once
/// when asked. A bad file leaves the old ones in force, with a warning.</summary>
internal sealed class ReloadedFiles : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<(FileSet Files, TextWriter Events, TextWriter Errors)> _sets = [];
    private Timer? _timer;

    /// <summary>Adds files before <see cref="Watch"/>.</summary>
    /// <param name="files">The files.</param>
    /// <param name="events">Receives a line when they are read again.</param>
    /// <param name="errors">Receives warnings.</param>
    public void Add(FileSet files, TextWriter events, TextWriter errors) => _sets.Add((files, events, errors));

    /// <summary>Begins to watch the files, if there are any.</summary>
    public void Watch()
    {
        if (_sets.Count > 0)
            _timer = new Timer(_ => ReadAgain(isAsked: false), null, CheckInterval, CheckInterval);
    }

    /// <summary>Reads the files that have changed, or all of them. Unless it is asked, it leaves out a turn while
    /// another reads, for example from a file system that hangs.</summary>
    public void ReadAgain(bool isAsked)
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

    public void Dispose() => _timer?.Dispose();
}
