using System.Runtime.InteropServices;

namespace Hawser.App.Serving;

/// <summary>SIGHUP: the end of the terminal at which the process was started, or else a request to read files
/// again. nohup(1) is respected: a SIGHUP that was ignored at the start stays ignored.</summary>
internal static class HangUpSignal
{
    // The controlling terminal, whatever the standard streams are.
    private const string Terminal = "/dev/tty";

    // Held to the end of the process: without a registration, a late signal would end it with the signal's exit code.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    /// <summary>Watches the signal.</summary>
    /// <param name="readAgain">Reads the files again, if they are still needed.</param>
    /// <param name="stop">Stops the process: the terminal has gone.</param>
    public static void Watch(Action readAgain, Action stop)
    {
        bool hadTerminal = HasTerminal();
        Registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            if (hadTerminal && !HasTerminal())
                stop();
            else
                readAgain();
        }));
    }

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
