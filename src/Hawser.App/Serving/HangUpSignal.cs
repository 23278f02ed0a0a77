using System.Runtime.InteropServices;

namespace Hawser.App.Serving;

/// <summary>SIGHUP: the end of the terminal at which the process was started, or else a request to read files
/// again. nohup(1) is respected: a SIGHUP that was ignored at the start stays ignored.</summary>
internal sealed class HangUpSignal : IDisposable
{
    // The controlling terminal, whatever the standard streams are.
    private const string Terminal = "/dev/tty";

    private readonly bool _hadTerminal = HasTerminal();
    private readonly PosixSignalRegistration _registration;

    /// <param name="readAgain">Reads the files again.</param>
    /// <param name="stop">Stops the process: the terminal has gone.</param>
    public HangUpSignal(Action readAgain, Action stop) =>
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            if (_hadTerminal && !HasTerminal())
                stop();
            else
                readAgain();
        });

    public void Dispose() => _registration.Dispose();

    private static bool HasTerminal()
    {
        try
        {
            File.OpenHandle(Terminal).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
