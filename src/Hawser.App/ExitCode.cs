namespace Hawser.App;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Misused = 2;
    public const int PartlyDone = 3;
    public const int NotVerified = 4;

    /// <summary>As of a program that SIGPIPE has ended.</summary>
    public const int Unread = 128 + 13;
}
