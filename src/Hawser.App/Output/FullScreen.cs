using System.Runtime.InteropServices;
using System.Text;

namespace Hawser.App.Output;

/// <summary>Draws lines over the whole terminal, on its alternate screen. The screen of before returns at the end, also
/// if a signal ends the process, and while it is stopped (Ctrl-Z). Thread-safe.</summary>
internal sealed partial class FullScreen : IDisposable
{
    // xterm's control sequences. Without wrapping a line stays one if the terminal has just become narrower.
    private const string Enter = "\e[?1049h\e[?25l\e[?7l";
    private const string Leave = "\e[?7h\e[?25h\e[?1049l";
    private const string Home = "\e[H";

    // Before the text: after a line as wide as the terminal it would clear the last letter.
    private const string ClearBelow = "\e[J";
    private const string Invert = "\e[7m";
    private const string Plain = "\e[m";

    private readonly TextWriter _terminal;
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration[] _registrations;
    private PosixSignalRegistration? _stopping;
    private string _frame = "";
    private bool _isOver;

    public FullScreen(TextWriter terminal)
    {
        _terminal = terminal;
        _registrations =
        [
            .. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
                .Select(signal => PosixSignalRegistration.Create(signal, _ => End())),
        ];
        Write(Enter);
        WatchStop();
    }

    /// <summary>Replaces what is on the screen.</summary>
    /// <param name="lines">Without control characters, no more than the terminal has.</param>
    public void Draw(IEnumerable<(string Text, bool IsInverted)> lines)
    {
        var frame = new StringBuilder(Home);
        string separator = "";
        foreach ((string text, bool isInverted) in lines)
        {
            frame.Append(separator).Append(ClearBelow).Append(isInverted ? Invert + text + Plain : text);
            separator = "\r\n";
        }
        lock (_gate)
            Write(_frame = frame.ToString());
    }

    public void Dispose()
    {
        End();
        _stopping?.Dispose();
        Array.ForEach(_registrations, registration => registration.Dispose());
    }

    private void End()
    {
        lock (_gate)
        {
            Write(Leave);
            _isOver = true;
        }
    }

    private void WatchStop()
    {
        if (OperatingSystem.IsWindows())
            return;
        lock (_gate)
        {
            if (!_isOver)
                _stopping = PosixSignalRegistration.Create(PosixSignal.SIGTSTP, _ => Stop());
        }
    }

    /// <summary>Stops the process as without a registration, which the runtime would not do, and returns when it
    /// continues; at once if no shell could continue it.</summary>
    private void Stop()
    {
        lock (_gate)
        {
            Write(Leave);
            _stopping?.Dispose();
            _ = Raise(OperatingSystem.IsMacOS() ? 18 : 20);
            Write(Enter + _frame);
        }
        WatchStop();
    }

    private void Write(string text)
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _terminal.Write(text);
            _terminal.Flush();
        }
    }

    // To the calling thread: it stops before the call returns.
    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int Raise(int signal);
}
