using System.ComponentModel;
using System.Diagnostics;

namespace Hawser.App.Lab.Processes;

/// <summary>Starts processes for the lab: this program again, and others.</summary>
internal static class OwnProgram
{
    // A published program has its own executable; a build may be run by dotnet.
    /// <summary>The command that starts this program.</summary>
    public static IReadOnlyList<string> Command { get; } =
        Environment.ProcessPath is { } process && Path.GetFileNameWithoutExtension(process) == "hawser"
            ? [process]
            : ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "hawser.dll")];

    /// <summary>Finds a program as a shell does: by its path, or in PATH.</summary>
    /// <returns>Null if it is not installed.</returns>
    public static string? FindInstalled(string name) => name.Contains('/', StringComparison.Ordinal)
        ? File.Exists(name) ? name : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Starts this program with redirected streams.</summary>
    /// <param name="cores">The cores to pin it to; null for any.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Process Start(string? cores, IEnumerable<string> arguments) =>
        StartOther(cores, [.. Command, .. arguments]);

    /// <summary>Starts another program in the same way.</summary>
    /// <param name="cores">The cores to pin it to; null for any.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="LabException">There is no such program.</exception>
    public static Process StartOther(string? cores, IReadOnlyList<string> command)
    {
        string[] pin = cores is null ? [] : ["taskset", "-c", cores];
        string[] words = [.. pin, .. command];
        try
        {
            return Process.Start(new ProcessStartInfo(words[0], words[1..])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new LabException($"cannot start {words[0]}: {e.Message}");
        }
    }
}
