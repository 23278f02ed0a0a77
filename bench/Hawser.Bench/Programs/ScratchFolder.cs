using System.Collections.Concurrent;

namespace Hawser.Bench.Programs;

/// <summary>A folder that goes with the bench.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private static readonly ConcurrentDictionary<string, bool> All = new();

    /// <param name="arguments">Of these <c>--folder</c>, the parent; by itself the temporary one.</param>
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

    /// <summary>What kind of file system it lies on.</summary>
    public async Task<string> FileSystemAsync() => (await Tool.RunAsync("stat", "-f", "-c", "%T", Parent)).Trim();

    public void Dispose()
    {
        All.TryRemove(Path, out _);
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>For a process that ends at once.</summary>
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
                // Somebody still writes there; the system's own clearing up has to do.
            }
        }
    }
}
