using System.Globalization;
using System.Text.Json;
using Hawser.App.Lab.Processes;

namespace Hawser.App.Lab.Trials;

/// <summary>Finds figures in what a task printed.</summary>
internal sealed class TaskOutput
{
    private readonly string[] _lines;
    private readonly JsonElement? _json;

    /// <param name="text">The standard output: one JSON text, or lines, the last of which may be one.</param>
    public TaskOutput(string text)
    {
        _lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        _json = TryParse(text) ?? (_lines is [.., var last] ? TryParse(last) : null);
    }

    /// <summary>Finds a figure.</summary>
    /// <param name="where">A JSON pointer (RFC 6901, without escapes), or the text before a number.</param>
    /// <exception cref="LabException">It is not there.</exception>
    public double Find(string where) => (where.StartsWith('/') ? At(where) : After(where))
        ?? throw new LabException($"run printed no number at '{where}'");

    private static JsonElement? TryParse(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private double? At(string pointer)
    {
        JsonElement? at = _json;
        foreach (string name in pointer.Split('/')[1..])
        {
            at = at switch
            {
                { ValueKind: JsonValueKind.Object } element when element.TryGetProperty(name, out JsonElement member) =>
                    member,
                { ValueKind: JsonValueKind.Array } element
                    when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int i)
                    && i < element.GetArrayLength() => element[i],
                _ => null,
            };
        }
        return at is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
    }

    private double? After(string text)
    {
        string? line = _lines.FirstOrDefault(line => line.StartsWith(text, StringComparison.Ordinal));
        string number = line is null ? "" : line[text.Length..].Trim().Split(' ')[0];
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value : null;
    }
}
