using System.Text.Json;
using Hawser.App.Output;

namespace Hawser.App.Lab;

/// <summary>Results read from a file.</summary>
/// <param name="Name">The name of the scenario's folder; empty for a file or folder given by itself.</param>
/// <param name="Path">The file.</param>
/// <param name="Result">Its content.</param>
internal sealed record LabResultFile(string Name, string Path, LabResult Result)
{
    /// <summary>The name of the file in a folder.</summary>
    public const string FileName = "results.json";

    /// <summary>Reads a file, the results in a folder, or those of every scenario in it.</summary>
    /// <exception cref="IOException">There are none, or they cannot be read; the message names the file.</exception>
    public static IReadOnlyList<LabResultFile> ReadAll(string path)
    {
        if (File.Exists(path))
            return [Read("", path)];
        if (!Directory.Exists(path))
            throw new IOException($"{path}: no such file or folder");
        string inside = System.IO.Path.Combine(path, FileName);
        if (File.Exists(inside))
            return [Read("", inside)];
        LabResultFile[] scenarios =
        [
            .. Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal)
                .Select(folder =>
                    (Name: System.IO.Path.GetFileName(folder), File: System.IO.Path.Combine(folder, FileName)))
                .Where(scenario => File.Exists(scenario.File))
                .Select(scenario => Read(scenario.Name, scenario.File)),
        ];
        return scenarios.Length > 0
            ? scenarios
            : throw new IOException($"{path}: no {FileName} in it or in a folder of it");
    }

    private static LabResultFile Read(string name, string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            using (JsonDocument json = JsonDocument.Parse(bytes))
            {
                string? schema = json.RootElement.ValueKind == JsonValueKind.Object
                    && json.RootElement.TryGetProperty("schema", out JsonElement text) ? $"{text}" : null;
                if (schema != LabResult.CurrentSchema)
                    throw new IOException(schema is null
                        ? $"{path}: not results of hawser lab"
                        : $"{path}: has schema '{schema}', expected '{LabResult.CurrentSchema}'; measure again");
            }
            return new LabResultFile(name, path, JsonSerializer.Deserialize(bytes, LabJson.Default.LabResult)!);
        }
        catch (JsonException e)
        {
            throw new IOException($"{path}: not results of hawser lab: {JsonFault.Describe(e)}", e);
        }
    }
}
