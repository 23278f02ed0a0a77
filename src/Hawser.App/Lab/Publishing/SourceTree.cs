using System.Diagnostics;

namespace Hawser.App.Lab.Publishing;

/// <summary>The source tree that published results belong to.</summary>
/// <param name="Root">Its folder.</param>
/// <param name="Commit">The commit that is checked out.</param>
/// <param name="Changed">Files that differ from it, other than published results.</param>
internal sealed record SourceTree(string Root, string Commit, IReadOnlyList<string> Changed)
{
    /// <summary>Where results are published, from the root.</summary>
    public const string Results = "docs/results";

    /// <summary>Finds the tree of a folder.</summary>
    /// <exception cref="IOException">There is no git, or the folder is in no repository.</exception>
    public static SourceTree Find(string folder)
    {
        string root = Git(folder, "rev-parse", "--show-toplevel").Trim();
        string changes = Git(root, "status", "--porcelain", "--", ".", $":(exclude){Results}");
        return new SourceTree(root, Git(root, "rev-parse", "HEAD").Trim(),
            [.. changes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[3..])]);
    }

    private static string Git(string folder, params string[] arguments)
    {
        try
        {
            using Process git = Process.Start(new ProcessStartInfo("git", ["-C", folder, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            _ = git.StandardError.ReadToEndAsync();
            string output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0
                ? output
                : throw new IOException("run it in the git repository: results name the commit");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"--publish needs git: {e.Message}", e);
        }
    }
}
