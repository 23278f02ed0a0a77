using System.Globalization;
using System.Text;

namespace Hawser.App.Output;

/// <summary>Forwards lines with the UTC time in front.</summary>
/// <param name="lines">Receives the lines.</param>
/// <param name="prefix">Stands between the time and the line.</param>
internal sealed class StampedWriter(TextWriter lines, string prefix) : TextWriter
{
    public override Encoding Encoding => lines.Encoding;

    public override void WriteLine(string? value) => lines.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {prefix}{value}"));
}
