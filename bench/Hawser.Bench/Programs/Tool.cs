using System.ComponentModel;
using System.Diagnostics;

namespace Hawser.Bench.Programs;

/// <summary>A program that is run to its end.</summary>
internal static class Tool
{
    /// <summary>Runs it and gives its standard output; null when it is not installed.</summary>
    /// <exception cref="BenchException">It failed; the message has what it said.</exception>
    public static async Task<string?> RunAsync(string fileName, params string[] arguments)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? await output
                : throw new BenchException(
                    $"{fileName} {string.Join(' ', arguments)} failed: {(await output + await errors).Trim()}");
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
