using System.Collections.Concurrent;

namespace Hawser.Bench.Programs;

/// <summary>A temporary folder of a bench.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private static readonly ConcurrentDictionary<string, bool> All = new();

    /// <param name="arguments">The option <c>--folder</c>: the parent (default: the temporary folder).</param>
    public ScratchFolder(Arguments arguments)
    {
        Parent = arguments.Text("folder", System.IO.Path.GetTempPath());
        Path = System.IO.Path.Combine(Parent, $"hawser-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(Path);
        All[Path] = true;
    }

    public string Path { get; }

    private string Parent { get; }

    /// <summary>A path in it.</summary>
    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The type of its file system.</summary>
    public async Task<string> FileSystemAsync() => (await Tool.RunAsync("stat", "-f", "-c", "%T", Parent)).Trim();

    public void Dispose()
    {
        All.TryRemove(Path, out _);
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Deletes all folders before an immediate exit.</summary>
    public static void DeleteAll()
    {
        foreach (string path in All.Keys)
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
                // Another process still writes there; the system cleans its temporary folder.
            }
        }
    }
}
