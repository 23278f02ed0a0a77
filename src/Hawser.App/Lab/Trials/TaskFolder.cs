using Hawser.App.Lab.Processes;

namespace Hawser.App.Lab.Trials;

/// <summary>The scratch folder of a scenario's tasks. Disposing deletes it.</summary>
internal sealed class TaskFolder : IDisposable
{
    private TaskFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>Makes the folder and runs the setup of the tasks.</summary>
    /// <exception cref="IOException">The setup failed.</exception>
    public static async Task<TaskFolder> CreateAsync(LabTasks tasks, CancellationToken cancel)
    {
        var folder = new TaskFolder(Directory.CreateTempSubdirectory("hawser-tasks-").FullName);
        try
        {
            await TaskTrial.RunToEndAsync("setup", tasks.Setup, folder.Path, port: 0, cancel);
            return folder;
        }
        catch (LabException e)
        {
            folder.Dispose();
            throw new IOException($"the scenario cannot begin: {e.Message}", e);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
