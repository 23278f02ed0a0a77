using System.Diagnostics;

namespace Hawser.Attacks.Programs;

/// <summary>Runs programs to their end, with a time limit.</summary>
internal static class Tool
{
    private const int MostCharacters = 500;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs a program and returns its standard output.</summary>
    /// <exception cref="AttackException">The program failed; the message contains the end of its output.</exception>
    public static async Task<string> RunAsync(string fileName, params string[] arguments)
    {
        (int exitCode, string output, string errors) = await ReadAsync(fileName, arguments);
        if (exitCode == 0)
            return output;
        string said = (errors.Length > 0 ? errors : output).Trim();
        throw new AttackException(
            $"{fileName} {string.Join(' ', arguments)} failed with exit code {exitCode}: "
            + said[^Math.Min(said.Length, MostCharacters)..]);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> ReadAsync(
        string fileName, string[] arguments)
    {
        using Process process = ChildProcess.Start(new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await ChildProcess.WaitForExitAsync(process, Limit);
        return (process.ExitCode, await output, await errors);
    }
}
