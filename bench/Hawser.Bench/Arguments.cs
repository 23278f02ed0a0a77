using System.Globalization;

namespace Hawser.Bench;

/// <summary>The options of a bench: <c>--name value</c>, each with its default where it is read.</summary>
internal sealed class Arguments
{
    private readonly string[] _words;
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="FormatException">A word that is no option, or an option without a value.</exception>
    public Arguments(string[] words)
    {
        _words = words;
        if (words.Length % 2 != 0)
            throw new FormatException("options come in pairs, like --rounds 5");
        for (int i = 0; i < words.Length; i += 2)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"'{words[i]}' is not an option; write it like --rounds 5");
            _values[words[i][2..]] = words[i + 1];
        }
    }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public int Number(string name, int otherwise) =>
        _values.TryGetValue(name, out string? text) ? ParseNumber(name, text) : otherwise;

    public int[] Numbers(string name, string otherwise) =>
        [.. Text(name, otherwise).Split(',').Select(text => ParseNumber(name, text))];

    /// <summary>Seconds, as <c>--name 2.5</c>.</summary>
    public TimeSpan Seconds(string name, double otherwise)
    {
        if (!_values.TryGetValue(name, out string? text))
            return TimeSpan.FromSeconds(otherwise);
        return double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"'{text}' is not a number of seconds for --{name}");
    }

    public override string ToString() => string.Join(' ', _words);

    private static int ParseNumber(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"'{text}' is not a number for --{name}");
}
