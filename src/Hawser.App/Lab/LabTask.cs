using System.Text.Json.Serialization;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary>A command that is timed from its start to its end, as the file of a scenario declares it. Commands are run
/// by <c>/bin/sh -c</c>; <c>{port}</c> stands for a free loopback port, <c>{folder}</c> for a scratch folder that all
/// tasks share, and <c>{hawser}</c> for this program.</summary>
/// <param name="Subject">Its name in the results.</param>
/// <param name="Setting">What it does; tasks with equal texts are compared.</param>
/// <param name="Run">The command. It begins with <c>exec</c>, or its CPU time is lost if it is killed.</param>
/// <param name="Server">A command that listens on <c>{port}</c> before <paramref name="Run"/> begins; null for
/// none.</param>
/// <param name="UntilServerEnds">The time ends with the server, not with <paramref name="Run"/>.</param>
/// <param name="Until">The time ends with the first line of <paramref name="Run"/> that contains this text; the command
/// is then killed. Null: the time ends with the command.</param>
/// <param name="Prepare">A command before it, not timed; null for none.</param>
/// <param name="Check">A command after it that fails if the result is wrong; null for none.</param>
/// <param name="Needs">Programs without which the task is left out.</param>
/// <param name="Bytes">Bytes that it moves, for a rate; null for none.</param>
/// <param name="IsFixed">Its time is given and not a figure.</param>
/// <param name="Takes">The time to expect, for the estimate; null for 1 s.</param>
/// <param name="Figures">Figures in its standard output, by the name of the metric: a JSON pointer (RFC 6901) such as
/// <c>/delay/median_ns</c>, or the text before a number on a line of its own.</param>
internal sealed record LabTask(
    string Subject, string Setting, string Run, string? Server = null, bool UntilServerEnds = false,
    string? Until = null, string? Prepare = null, string? Check = null, IReadOnlyList<string>? Needs = null,
    double? Bytes = null, bool IsFixed = false, string? Takes = null,
    IReadOnlyDictionary<string, string>? Figures = null)
{
    /// <summary>The variant in the plan of the lab.</summary>
    [JsonIgnore]
    public LabVariant Variant => new(new LabSubject(Subject, null, null, Run), new LabSetting(0, Task: Setting));

    /// <summary>The time to expect.</summary>
    [JsonIgnore]
    public TimeSpan Expected => Takes is null ? TimeSpan.FromSeconds(1) : Quantity.ParseDuration(Takes);

    /// <exception cref="FormatException">A member is missing or names what does not exist.</exception>
    public void Validate()
    {
        if (string.IsNullOrEmpty(Subject) || string.IsNullOrEmpty(Setting) || string.IsNullOrEmpty(Run))
            throw new FormatException("tasks: a task needs a subject, a setting and run");
        if (UntilServerEnds && Server is null)
            throw new FormatException($"tasks: '{Subject}' has until_server_ends without a server");
        if (UntilServerEnds && Until is not null)
            throw new FormatException($"tasks: '{Subject}' has both until and until_server_ends");
        foreach (string name in Figures?.Keys ?? [])
        {
            if (!LabMetric.All.Any(metric => metric.Name == name && metric.IsOfTasks))
            {
                string known = string.Join(", ", LabMetric.All.Where(m => m.IsOfTasks).Select(m => m.Name));
                throw new FormatException($"tasks: unknown figure '{name}' of '{Subject}'; use one of {known}");
            }
        }
        _ = Expected;
    }
}
