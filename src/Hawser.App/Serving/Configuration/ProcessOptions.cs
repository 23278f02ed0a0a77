using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Serving.Takeover;

namespace Hawser.App.Serving.Configuration;

/// <summary>The options of <c>serve</c> that concern the process, not a service.</summary>
internal static class ProcessOptions
{
    private static readonly Option<string> Config = VerbOptions.Text(
        "--config", "FILE", "options from a JSON file; the command line and HAWSER_OPTION variables come first");

    private static readonly Option<bool> Check = VerbOptions.Flag(
        "--check", "check the options and print where each comes from; do not serve");

    private static readonly Option<string> Takeover = VerbOptions.Value("--takeover", "PATH",
        "take over from the server at this Unix domain socket, if there is one, and let the next server take over",
        text => ServerAddress.ParseSocketPath(text, TakeoverProtocol.LongestSuffix));

    private static readonly Option<bool> NoStatus =
        VerbOptions.Flag("--no-status", "open no socket for hawser status and top");

    private static readonly ServeReporting.Options Reporting = new();

    /// <summary>Those that concern the configuration itself: they are not part of one.</summary>
    public static IReadOnlyList<Option> OfConfiguration { get; } = [Config, Check];

    /// <summary>The others: they have no place in the part of a service.</summary>
    public static IReadOnlyList<Option> OfProcess { get; } = [.. Reporting.All, Takeover, NoStatus];

    public static void AddTo(VerbCommand command)
    {
        Reporting.AddTo(command);
        command.AddGroup("Process", [.. OfConfiguration, Takeover, NoStatus]);
    }

    /// <summary>The format of the log, and where metrics and the dashboard are.</summary>
    /// <exception cref="UsageException">The dashboard's token has no use, or its file is bad.</exception>
    public static ServeReporting ReportingOf(ParseResult parsed) => Reporting.Read(parsed);

    /// <summary>Where to take over and to be taken over; null for neither.</summary>
    public static string? TakeoverOf(ParseResult parsed) => parsed.GetValue(Takeover);

    /// <summary>Whether <c>hawser status</c> may see the server.</summary>
    public static bool HasStatus(ParseResult parsed) => !parsed.GetValue(NoStatus);

    /// <summary>Whether to check the options only.</summary>
    public static bool IsCheck(ParseResult parsed) => parsed.Has(Check);

    /// <summary>The file that the command line or the environment names; null for none.</summary>
    public static (string Origin, string Path)? FileOf(ParseResult parsed, ServeEnvironment environment) =>
        parsed.GetResult(Config) is { Tokens: [var given, ..] } ? (Config.Name, given.Value)
        : environment.ConfigurationFile is { } path ? (ServeEnvironment.NameOf("config"), path)
        : null;
}
