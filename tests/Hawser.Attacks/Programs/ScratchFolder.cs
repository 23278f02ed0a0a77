using System.Collections.Concurrent;

namespace Hawser.Attacks.Programs;

/// <summary>A temporary folder of the attacks.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private static readonly ConcurrentDictionary<string, bool> All = new();

    /// <param name="arguments">The option <c>--folder</c>: the parent (default: the temporary folder).</param>
    public ScratchFolder(Arguments arguments)
    {
        Parent = arguments.Text("folder", System.IO.Path.GetTempPath());
        Path = System.IO.Path.Combine(Parent, $"hawser-attacks-{Environment.ProcessId}");
        Directory.CreateDirectory(Path);
        All[Path] = true;
    }

    public string Path { get; }

    private string Parent { get; }

    /// <summary>A path in it.</summary>
    public string At(string name) => System.IO.Path.Combine(Path, name);

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
