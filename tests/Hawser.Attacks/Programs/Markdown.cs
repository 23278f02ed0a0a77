using System.Text;

namespace Hawser.Attacks.Programs;

/// <summary>Builds the text of a page.</summary>
internal sealed class Markdown
{
    private const int Width = 100;

    private readonly StringBuilder _text = new();

    public void Line(string text = "") => _text.Append(text).Append('\n');

    /// <summary>Adds a paragraph, wrapped, and an empty line.</summary>
    public void Paragraph(string words)
    {
        int column = 0;
        foreach (string word in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            bool isFirst = column == 0;
            bool fits = column + 1 + word.Length <= Width;
            _text.Append(isFirst ? "" : fits ? " " : "\n").Append(word);
            column = isFirst || !fits ? word.Length : column + 1 + word.Length;
        }
        Line();
        Line();
    }

    /// <summary>Adds a table and an empty line. Columns of figures are right-aligned.</summary>
    /// <param name="head">The first row.</param>
    /// <param name="rows">The other rows.</param>
    /// <param name="texts">Number of text columns, from the left.</param>
    public void Table(string[] head, IEnumerable<string[]> rows, int texts = 1)
    {
        string[][] all = [head, .. rows];
        int[] widths = [.. head.Select((_, column) => all.Max(row => row[column].Length))];
        Line(Row(head, widths, texts));
        Line($"|{string.Join('|', widths.Select((width, column) =>
            new string('-', width + 1) + (column < texts ? "-" : ":")))}|");
        foreach (string[] row in all[1..])
            Line(Row(row, widths, texts));
        Line();
    }

    public override string ToString() => _text.ToString();

    private static string Row(string[] cells, int[] widths, int texts) =>
        $"| {string.Join(" | ", cells.Select((cell, column) =>
            column < texts ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))} |";
}
