namespace Hawser.App.CommandLine;

/// <summary>The program's exit codes.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Misused = 2;
    public const int PartlyDone = 3;
    public const int NotVerified = 4;

    /// <summary>A comparison found something worse.</summary>
    public const int Regressed = 5;

    /// <summary>A bug of the program: EX_SOFTWARE of sysexits.h.</summary>
    public const int InternalError = 70;

    /// <summary>A signal ended the program before it had anything to report: as of a program ended by
    /// SIGINT.</summary>
    public const int Interrupted = 128 + 2;

    /// <summary>As of a program ended by SIGPIPE.</summary>
    public const int Unread = 128 + 13;
}
