using Hawser.App.Lab.Processes;

namespace Hawser.App.Lab;

/// <summary>The tasks of a scenario.</summary>
/// <param name="All">The tasks.</param>
/// <param name="Setup">A command before the first one; null for none.</param>
internal sealed record LabTasks(IReadOnlyList<LabTask> All, string? Setup = null)
{
    /// <summary>A scenario without tasks.</summary>
    public static readonly LabTasks None = new([]);

    /// <summary>The task of a variant; null for a load.</summary>
    public LabTask? Find(LabVariant variant) => variant.Setting.Task is null
        ? null
        : All.First(task => task.Subject == variant.Subject.Name && task.Setting == variant.Setting.Task);

    /// <summary>Leaves out the tasks whose programs are not installed.</summary>
    /// <param name="onMissing">Called with the subject and its program for each.</param>
    public LabTasks Installed(Action<string, string> onMissing)
    {
        var kept = new List<LabTask>();
        foreach (LabTask task in All)
        {
            if (task.Needs?.FirstOrDefault(program => OwnProgram.FindInstalled(program) is null) is { } missing)
                onMissing(task.Subject, missing);
            else
                kept.Add(task);
        }
        return this with { All = kept };
    }

    /// <exception cref="FormatException">A task contradicts itself.</exception>
    public void Validate()
    {
        foreach (LabTask task in All)
            task.Validate();
        if (All.GroupBy(task => (task.Subject, task.Setting)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new FormatException($"tasks: '{twice.Key.Subject}' is named twice for '{twice.Key.Setting}'");
    }
}
