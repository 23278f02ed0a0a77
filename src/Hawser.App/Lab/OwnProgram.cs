using System.Diagnostics;

namespace Hawser.App.Lab;

/// <summary>Starts this program again.</summary>
internal static class OwnProgram
{
    /// <summary>Starts it with redirected streams.</summary>
    /// <param name="cores">The cores to pin it to; null for any.</param>
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

    // A published program has its own executable; a build may be run by dotnet.
    private static string[] Command()
    {
        string process = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileNameWithoutExtension(process) == "hawser"
            ? [process]
            : ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "hawser.dll")];
    }
}
