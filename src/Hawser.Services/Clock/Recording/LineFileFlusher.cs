namespace Hawser.Services.Clock.Recording;

/// <summary>The thread that writes all recordings of a process to disk, every 250 ms, so that no tick waits for a disk.
/// A killed process loses at most that much of each recording.</summary>
internal sealed class LineFileFlusher : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<LineFile> _files = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile bool _stopping;

    public LineFileFlusher()
    {
        _thread = new Thread(FlushAll) { IsBackground = true, Name = "hawser-recordings" };
        _thread.Start();
    }

    /// <summary>Flushes this file from now on, and disposes it when it is closed. The caller must not dispose
    /// it.</summary>
    public void Add(LineFile file)
    {
        lock (_gate)
            _files.Add(file);
    }

    /// <summary>Flushes now instead of at the end of the period: for a file that has just ended.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Writes the pending lines and returns when all files are closed. A recording that was not ended has no
    /// last line, which marks it as cut.</summary>
    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        _wake.Set();
        _thread.Join();
        foreach (LineFile file in _files)
            file.Dispose();
        _wake.Dispose();
    }

    private void FlushAll()
    {
        while (!_stopping)
        {
            _wake.WaitOne(Period);
            LineFile[] files;
            lock (_gate)
                files = [.. _files];
            foreach (LineFile file in files)
            {
                if (file.Flush())
                    continue;
                file.Dispose();
                lock (_gate)
                    _files.Remove(file);
            }
        }
    }
}
