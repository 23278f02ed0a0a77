using System.Runtime.InteropServices;
using Spectre.Console;

namespace Hawser.App.Output;

/// <summary>Shows the cursor if a signal arrives while Spectre.Console draws: it hides the cursor, and a signal that ends
/// the process would leave it hidden.</summary>
internal sealed class CursorGuard : IDisposable
{
    private const string ShowCursor = "\e[?25h";

    private readonly TextWriter? _terminal;
    private readonly PosixSignalRegistration[] _registrations;

    public CursorGuard(IAnsiConsole console)
    {
        // Not through Spectre.Console: it would draw again.
        _terminal = console.Profile.Capabilities.Ansi ? console.Profile.Out.Writer : null;
        _registrations =
        [
            .. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
                .Select(signal => PosixSignalRegistration.Create(signal, _ => Show())),
        ];
    }

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void Show()
    {
        _terminal?.Write(ShowCursor);
        _terminal?.Flush();
    }
}
