using System.Globalization;

namespace Hawser.Services.Clock;

/// <summary>The ports on which clients listen for peers.</summary>
/// <param name="First">The lowest, 1024 or above.</param>
/// <param name="Last">The highest.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>The number of ports.</summary>
    public int Count => Last - First + 1;

    /// <summary>Parses the value of <c>--peer-ports</c>: <c>5000-6000</c>, or one port.</summary>
    /// <exception cref="FormatException">The text is not a range.</exception>
    public static PortRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] ends = text.Split('-');
        return ends.Length <= 2 && TryParse(ends[0], out int first) && TryParse(ends[^1], out int last) && first <= last
            ? new PortRange(first, last)
            : throw new FormatException(
                $"'{text}' is not a range of ports from 1024 to 65535; write it like 5000-6000");
    }

    private static bool TryParse(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1024 and <= 65535;
}
