using System.Text.Json;
using Hawser.App.Output;

namespace Hawser.App.Lab;

/// <summary>Preset options: a JSON object with a <c>description</c>, members named like the options of
/// <c>hawser lab</c>, the list <c>against</c>, <c>goals</c>, and <c>tasks</c> with their <c>setup</c>.</summary>
internal static class LabScenario
{
    private const string Description = "description";
    private const string Goals = "goals";
    private const string Tasks = "tasks";
    private const string Setup = "setup";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "lab", "scenarios");

    /// <summary>The names of the scenarios included with the program.</summary>
    public static IReadOnlyList<string> Names =>
        Directory.Exists(Folder)
            ? [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order()]
            : [];

    /// <summary>Reads the options of a scenario by its name or file name: texts by option, lists joined by commas, that
    /// of <see cref="LabOptions.Against"/> by line feeds.</summary>
    /// <exception cref="FormatException">The scenario does not exist or is malformed; the message says what is
    /// accepted.</exception>
    public static IReadOnlyDictionary<string, string> Read(string nameOrFile) => Read(nameOrFile, Parse);

    /// <summary>Reads the goals of a scenario.</summary>
    /// <exception cref="FormatException">The scenario does not exist or is malformed.</exception>
    public static IReadOnlyList<LabGoal> ReadGoals(string nameOrFile) => Read(nameOrFile, ParseGoals);

    /// <summary>Reads the tasks of a scenario.</summary>
    /// <exception cref="FormatException">The scenario does not exist or is malformed.</exception>
    public static LabTasks ReadTasks(string nameOrFile) => Read(nameOrFile, ParseTasks);

    private static T Read<T>(string nameOrFile, Func<JsonElement, T> parse)
    {
        string path = File.Exists(nameOrFile) ? nameOrFile : Path.Combine(Folder, $"{nameOrFile}.json");
        if (!File.Exists(path))
            throw new FormatException(
                $"unknown scenario '{nameOrFile}'; use a file or one of {string.Join(", ", Names)}");
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? parse(json.RootElement)
                : throw new FormatException("not a JSON object");
        }
        catch (JsonException e)
        {
            throw new FormatException($"scenario '{nameOrFile}', {JsonFault.Describe(e)}");
        }
        catch (FormatException e)
        {
            throw new FormatException($"scenario '{nameOrFile}': {e.Message}");
        }
    }

    private static IReadOnlyList<LabGoal> ParseGoals(JsonElement root)
    {
        if (!root.TryGetProperty(Goals, out JsonElement list))
            return [];
        IReadOnlyList<LabGoal> goals = list.Deserialize(LabJson.Strict.IReadOnlyListLabGoal) ?? [];
        foreach (LabGoal goal in goals)
            goal.Check();
        return goals;
    }

    private static LabTasks ParseTasks(JsonElement root)
    {
        IReadOnlyList<LabTask> tasks = root.TryGetProperty(Tasks, out JsonElement list)
            ? list.Deserialize(LabJson.Strict.IReadOnlyListLabTask) ?? [] : [];
        string? setup = root.TryGetProperty(Setup, out JsonElement command) ? TextOf(command) : null;
        var all = new LabTasks(tasks, setup);
        all.Validate();
        return all;
    }

    private static Dictionary<string, string> Parse(JsonElement root)
    {
        var texts = new Dictionary<string, string>();
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (member.Name is Description or Goals or Tasks or Setup)
                continue;
            bool isAgainst = member.Name == LabOptions.Against;
            if (!isAgainst && !LabOptions.Defaults.ContainsKey(member.Name))
            {
                string known = string.Join(", ", [.. LabOptions.Defaults.Keys, LabOptions.Against]);
                throw new FormatException(
                    $"'{member.Name}' is no option; use {Description}, {Goals}, {Tasks}, {Setup}, {known}");
            }
            texts[member.Name] = member.Value.ValueKind == JsonValueKind.Array
                ? string.Join(isAgainst ? '\n' : ',', member.Value.EnumerateArray().Select(TextOf))
                : TextOf(member.Value);
        }
        return texts;
    }

    private static string TextOf(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number
        ? value.ToString()
        : throw new FormatException($"'{value}' is neither a string nor a number");
}
