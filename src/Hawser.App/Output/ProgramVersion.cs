using System.Reflection;

namespace Hawser.App.Output;

/// <summary>The version of the program, and the commit that it was built from.</summary>
internal static class ProgramVersion
{
    private const int CommitDigits = 9;

    private static readonly string[] Parts =
        (typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "0.0.0").Split('+', 2);

    /// <summary>The semantic version.</summary>
    public static string Number => Parts[0];

    /// <summary>The date of the commit, like 2026-11-20; null if it was built outside of a repository.</summary>
    public static string? Date { get; } = ReadDate();

    /// <summary>One line, like <c>1.2.3 (90c541806 2026-11-20)</c>.</summary>
    public static string Line
    {
        get
        {
            string? commit = Parts is [_, { Length: >= CommitDigits } revision] ? revision[..CommitDigits] : null;
            return (commit, Date) switch
            {
                (null, null) => Number,
                (null, _) or (_, null) => $"{Number} ({commit}{Date})",
                _ => $"{Number} ({commit} {Date})",
            };
        }
    }

    // Without LINQ, whose assembly --version would load.
    private static string? ReadDate()
    {
        Assembly program = typeof(ProgramVersion).Assembly;
        foreach (object each in program.GetCustomAttributes(typeof(AssemblyMetadataAttribute), inherit: false))
        {
            if (each is AssemblyMetadataAttribute { Key: "CommitDate" } date)
                return date.Value;
        }
        return null;
    }
}
