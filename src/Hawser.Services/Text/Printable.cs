using System.Globalization;
using System.Text;

namespace Hawser.Services.Text;

/// <summary>Makes foreign text safe for a terminal.</summary>
public static class Printable
{
    /// <summary>Escapes every control character (C0, DEL, C1), line separator, direction mark and lone surrogate as
    /// <c>\u001B</c>. A terminal interprets nothing in the result.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escape(text, except: null);
    }

    /// <summary>The same, on one line.</summary>
    public static string Line(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Of(text.ReplaceLineEndings(" "));
    }

    /// <summary>The same, with the lines of the text.</summary>
    public static string Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escape(text, except: '\n');
    }

    private static string Escape(string text, char? except)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.All(c => IsSafe(c) || c == except))
            return text;
        var safe = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (isPair)
                safe.Append(text[i]).Append(text[++i]);
            else if (IsSafe(text[i]) || text[i] == except)
                safe.Append(text[i]);
            else
                safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
        }

        return safe.ToString();
    }

    private static bool IsSafe(char c) => char.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
