namespace Hawser.App.Output;

/// <summary>Columns of text.</summary>
internal static class TextTable
{
    /// <summary>Writes a head, a rule and the rows; columns from <paramref name="rightFrom"/> to
    /// <paramref name="rightTo"/> are set to the right.</summary>
    public static void Write(
        TextWriter writer, string[] head, IReadOnlyList<string[]> rows, int rightFrom, int rightTo)
    {
        int[] widths = [.. head.Select((title, column) =>
            rows.Select(row => row[column].Length).Append(title.Length).Max())];
        WriteRow(head);
        WriteRow([.. widths.Select(width => new string('-', width))]);
        foreach (string[] row in rows)
            WriteRow(row);

        void WriteRow(string[] cells) => writer.WriteLine(string.Join("  ", cells.Select((cell, column) =>
            column >= rightFrom && column <= rightTo ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])))
            .TrimEnd());
    }
}
