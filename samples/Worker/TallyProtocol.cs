using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Worker;

/// <summary>A line <c>NAME NUMBER</c> adds to a sum; the answer is <c>NAME SUM</c>.</summary>
public static class TallyProtocol
{
    /// <summary>The longest request in bytes, with its line feed.</summary>
    public const int LongestLine = 80;

    public const string Rule = "expected NAME NUMBER, like apples 3";

    public static bool TryParse(ReadOnlySpan<byte> line, out string name, out long number)
    {
        int space = line.IndexOf((byte)' ');
        name = space > 0 ? Encoding.UTF8.GetString(line[..space]) : "";
        number = 0;
        return space > 0
            && Utf8Parser.TryParse(line[(space + 1)..], out number, out int used)
            && used == line.Length - space - 1;
    }

    public static byte[] Answer(string name, long sum) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {sum}\n"));

    public static byte[] Error() => Encoding.UTF8.GetBytes($"ERROR: {Rule}\n");
}
