using System.Globalization;
using System.Text;

namespace Hawser.App.Output;

/// <summary>Passes lines on, each with the UTC time in front of it.</summary>
/// <param name="lines">Takes the lines.</param>
/// <param name="prefix">Stands between the time and the line.</param>
internal sealed class StampedWriter(TextWriter lines, string prefix) : TextWriter
{
    public override Encoding Encoding => lines.Encoding;

    public override void WriteLine(string? value) => lines.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {prefix}{value}"));
}
