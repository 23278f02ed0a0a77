using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hawser.App.Output;

/// <summary>Forwards the lines of a server's log with the UTC time: as text, or each as a JSON object
/// (docs/json.md).</summary>
/// <param name="lines">Receives the lines.</param>
/// <param name="service">The service; null for none.</param>
/// <param name="prefix">Stands in a text between the time and the line.</param>
/// <param name="isJson">The format.</param>
/// <param name="level">The level of a line that does not begin with <c>ERROR:</c> or <c>WARNING:</c>.</param>
internal sealed class StampedWriter(
    TextWriter lines, string? service, string prefix, bool isJson, string level = StampedWriter.Info) : TextWriter
{
    public const string Info = "info";
    public const string Warning = "warning";
    private const string Error = "error";

    private static readonly (string Text, string Level)[] Marks = [("ERROR: ", Error), ("WARNING: ", Warning)];

    public override Encoding Encoding => lines.Encoding;

    public override void WriteLine(string? value) => WriteLine(value ?? "", static _ => { });

    /// <summary>Writes a line with more members of the JSON object.</summary>
    public void WriteLine(string value, Action<Utf8JsonWriter> more)
    {
        string time = string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");
        lines.WriteLine(isJson ? ToJson(time, value, more) : $"{time} {prefix}{value}");
    }

    private string ToJson(string time, string line, Action<Utf8JsonWriter> more)
    {
        (string mark, string found) = ("", level);
        foreach ((string Text, string Level) known in Marks)
        {
            if (line.StartsWith(known.Text, StringComparison.Ordinal))
                (mark, found) = known;
        }
        return JsonLine.Of(json =>
        {
            json.WriteString("time", time);
            json.WriteString("level", found);
            if (service is not null)
                json.WriteString("service", service);
            json.WriteString("message", line.AsSpan(mark.Length));
            more(json);
        });
    }
}
