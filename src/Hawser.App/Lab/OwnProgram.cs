using System.Diagnostics;

namespace Hawser.App.Lab;

/// <summary>This very program, to be started once more.</summary>
internal static class OwnProgram
{
    /// <summary>Starts it with its outputs to be read.</summary>
    /// <param name="cores">The cores it is pinned to; null for any.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Process Start(string? cores, IEnumerable<string> arguments)
    {
        string[] pin = cores is null ? [] : ["taskset", "-c", cores];
        string[] words = [.. pin, .. Command(), .. arguments];
        return Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    // Published it has an executable of its own; from a build it may be run by dotnet.
    private static string[] Command()
    {
        string process = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileNameWithoutExtension(process) == "hawser"
            ? [process]
            : ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "hawser.dll")];
    }
}
