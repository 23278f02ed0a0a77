using Hawser.App.Output;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Demo;

/// <summary>One demonstration, as the demo shows it.</summary>
internal sealed record DemoRow(string Service, Demonstration Shown)
{
    /// <summary>The titles of <see cref="Cells"/>.</summary>
    public static readonly IReadOnlyList<string> Titles = ["service", "what was done", "bytes", "time", "verified"];

    /// <summary>The row's cells.</summary>
    public IReadOnlyList<string> Cells =>
        [Service, Shown.What, Quantity.FormatSize(Shown.Bytes), Quantity.FormatDuration(Shown.Time),
            Shown.Difference ?? "yes"];

    /// <summary>Cells in columns. The widths are fixed, because rows are printed one by one.</summary>
    public static string ToText(IReadOnlyList<string> cells) =>
        $"{cells[0],-7}  {cells[1],-66}  {cells[2],8}  {cells[3],7}  {cells[4]}";

    /// <summary>The row as a line of JSON.</summary>
    public string ToJson() => JsonLine.Of(json =>
    {
        json.WriteString("service", Service);
        json.WriteString("what", Shown.What);
        json.WriteNumber("bytes", Shown.Bytes);
        json.WriteNumber("seconds", Shown.Time.TotalSeconds);
        json.WriteBoolean("verified", Shown.IsVerified);
        json.WriteString("difference", Shown.Difference);
    });
}
