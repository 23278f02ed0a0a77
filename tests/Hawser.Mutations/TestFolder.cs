using System.Diagnostics;

namespace Hawser.Mutations;

/// <summary>A copy of the built tests, to try mutants in. Disposing deletes it.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly string _folder;

    /// <param name="built">The folder of the built tests. The copy is beside it: tests look for the repository
    /// above.</param>
    public TestFolder(string built)
    {
        _folder = Path.Combine(Path.GetDirectoryName(built)!, $"mutants-{Environment.ProcessId}");
        foreach (string folder in Directory.EnumerateDirectories(built, "*", SearchOption.AllDirectories).Prepend(built))
            Directory.CreateDirectory(CopyOf(folder));
        foreach (string file in Directory.EnumerateFiles(built, "*", SearchOption.AllDirectories))
            File.Copy(file, CopyOf(file));

        string CopyOf(string path) => Path.Combine(_folder, Path.GetRelativePath(built, path));
    }

    public string this[string file] => Path.Combine(_folder, file);

    /// <summary>Runs test classes until the first failure.</summary>
    /// <param name="classes">Names, with <c>*</c> at their ends.</param>
    /// <param name="limit">When a mutant counts as hanging.</param>
    /// <param name="stop">Ends the run.</param>
    /// <returns>Whether all passed, and what they printed.</returns>
    public async Task<(bool HasPassed, string Output)> RunAsync(
        IEnumerable<string> classes, TimeSpan limit, CancellationToken stop)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet",
            ["exec", this["Hawser.Tests.dll"], "-noColor", "-noLogo", "-stopOnFail",
                .. classes.SelectMany(name => (string[])["-class", name.StartsWith('*') ? name : $"Hawser.Tests.{name}"])])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(limit);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(over.Token);
            string output = await process.StandardOutput.ReadToEndAsync(over.Token);
            await errors;
            await process.WaitForExitAsync(over.Token);
            return (process.ExitCode == 0, output);
        }
        catch (OperationCanceledException)
        {
            return (false, "time limit");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
