using System.Text;
using System.Text.Json;

namespace Hawser.App.Output;

/// <summary>One JSON object in one line, as <c>--json</c> prints it: docs/json.md.</summary>
internal static class JsonLine
{
    /// <summary>The line, without its end.</summary>
    /// <param name="write">Writes the members of the object.</param>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
