using System.Text;

namespace Hawser.App.Lab.Processes;

/// <summary>Splits and quotes command lines as a POSIX shell does (IEEE Std 1003.1, Shell Command Language, 2.2),
/// without its expansions: no variables, no globs, no operators.</summary>
internal static class ShellWords
{
    private const string Blanks = " \t\r\n";

    // Characters that have no meaning to a shell.
    private const string Plain = "_-./,:=+@%{}";

    /// <summary>Splits a command line into its words. Single quotes keep everything; in double quotes a backslash
    /// quotes <c>"</c>, <c>\</c>, <c>$</c> and <c>`</c>; elsewhere it quotes any character.</summary>
    /// <exception cref="FormatException">A quote is not closed, or the line ends with a backslash.</exception>
    public static string[] Split(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (Blanks.Contains(c))
            {
                if (word is not null)
                    words.Add(word.ToString());
                word = null;
                continue;
            }
            word ??= new StringBuilder();
            if (c is '\'' or '"')
                i = Unquote(line, i, word);
            else if (c != '\\')
                word.Append(c);
            else if (++i < line.Length)
                word.Append(line[i]);
            else
                throw new FormatException($"'{line}' ends with a backslash");
        }
        if (word is not null)
            words.Add(word.ToString());
        return [.. words];
    }

    /// <summary>Quotes a word if a shell would change it.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c))
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <returns>The position of the closing quote.</returns>
    private static int Unquote(string line, int opening, StringBuilder word)
    {
        char quote = line[opening];
        for (int i = opening + 1; i < line.Length; i++)
        {
            if (line[i] == quote)
                return i;
            if (quote == '"' && line[i] == '\\' && i + 1 < line.Length && "\"\\$`".Contains(line[i + 1]))
                i++;
            word.Append(line[i]);
        }
        throw new FormatException($"'{line}' has an unclosed {quote}");
    }
}
