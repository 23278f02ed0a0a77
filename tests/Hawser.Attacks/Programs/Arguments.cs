using System.Globalization;

namespace Hawser.Attacks.Programs;

/// <summary>Options: <c>--name value</c> or a flag, with the default where it is read.</summary>
internal sealed class Arguments
{
    private readonly string[] _words;
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="FormatException">Unexpected argument, or an option without a value.</exception>
    public Arguments(string[] words)
    {
        _words = words;
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"unexpected argument '{words[i]}'; options look like --seconds 5");
            string name = words[i][2..];
            if (i + 1 < words.Length)
                _values[name] = words[++i];
            else
                throw new FormatException($"{words[i]} needs a value, as in --seconds 5");
        }
    }

    /// <summary>Reads an option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="otherwise">Its default.</param>
    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name) ?? otherwise;

    /// <summary>Reads seconds, as in <c>--name 2.5</c>.</summary>
    public TimeSpan Seconds(string name, double otherwise)
    {
        if (!_values.TryGetValue(name, out string? text))
            return TimeSpan.FromSeconds(otherwise);
        return double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"--{name}: '{text}' is not a number of seconds");
    }

    public override string ToString() => string.Join(' ', _words);
}
