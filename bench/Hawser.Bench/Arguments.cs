using System.Globalization;

namespace Hawser.Bench;

/// <summary>The options of a bench: <c>--name value</c> or a flag, with the default where it is read.</summary>
internal sealed class Arguments
{
    private const string Quick = "quick";
    private const string Full = "full";

    private static readonly string[] Flags = [Quick, Full];

    private readonly string[] _words;
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="FormatException">Unexpected argument, or an option without a value.</exception>
    public Arguments(string[] words)
    {
        _words = words;
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"unexpected argument '{words[i]}'; options look like --rounds 5");
            string name = words[i][2..];
            if (Flags.Contains(name))
                _values[name] = "";
            else if (i + 1 < words.Length)
                _values[name] = words[++i];
            else
                throw new FormatException($"{words[i]} needs a value, as in --rounds 5");
        }
    }

    /// <summary>A trial of a few seconds; its figures mean little.</summary>
    public bool IsQuick => _values.ContainsKey(Quick);

    /// <summary>Includes long runs.</summary>
    public bool IsFull => _values.ContainsKey(Full);

    /// <summary>Reads an option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="otherwise">Its default.</param>
    /// <param name="quick">Its default in a quick run; null for the same.</param>
    public string Text(string name, string otherwise, string? quick = null) =>
        _values.GetValueOrDefault(name) ?? (IsQuick ? quick : null) ?? otherwise;

    /// <inheritdoc cref="Text"/>
    public int Number(string name, int otherwise, int? quick = null) =>
        _values.TryGetValue(name, out string? text) ? ParseNumber(name, text)
        : IsQuick ? quick ?? otherwise
        : otherwise;

    /// <summary>Reads numbers, as in <c>--name 1,50,500</c>.</summary>
    public int[] Numbers(string name, string otherwise, string? quick = null) =>
        [.. Text(name, otherwise, quick).Split(',').Select(text => ParseNumber(name, text))];

    /// <summary>Reads seconds, as in <c>--name 2.5</c>.</summary>
    public TimeSpan Seconds(string name, double otherwise, double? quick = null)
    {
        if (!_values.TryGetValue(name, out string? text))
            return TimeSpan.FromSeconds(IsQuick ? quick ?? otherwise : otherwise);
        return double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"--{name}: '{text}' is not a number of seconds");
    }

    public override string ToString() => string.Join(' ', _words);

    private static int ParseNumber(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"--{name}: '{text}' is not a whole number");
}
