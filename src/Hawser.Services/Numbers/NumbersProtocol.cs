using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>
/// The wire format of a list of numbers. A client sends nothing; the server sends one list and closes.
/// <code>
/// list    = number *( "," number ) [ newline ]   a receiver accepts the newline, our server never sends it
/// number  = [ "-" ] 1*digit                      in the signed 64-bit range; leading zeros and -0 are allowed
/// digit   = "0" to "9"
/// newline = LF / CR LF
/// </code>
/// </summary>
internal static class NumbersProtocol
{
    /// <summary>The end of an error message when not a single byte was that of a list.</summary>
    internal const string Doubt = "; is it a numbers server?";

    /// <summary>The byte between two numbers.</summary>
    internal const byte Separator = (byte)',';

    /// <summary>The server's default port.</summary>
    internal const int DefaultPort = 12345;

    /// <summary>The default of <c>--count</c> of the server.</summary>
    internal const int DefaultCount = 250_000;

    /// <summary>The most numbers a list may have; a longer one is malformed.</summary>
    internal const int MaxCount = 100_000_000;

    /// <summary>The most numbers that a client accepts without <c>--count</c>.</summary>
    internal const int DefaultMaxCount = 10_000_000;

    /// <summary>The default of <c>--min</c>.</summary>
    internal const long DefaultMin = -999_999_999;

    /// <summary>The default of <c>--max</c>.</summary>
    internal const long DefaultMax = 999_999_999;

    /// <summary>The size limit of a list of so many numbers, in bytes: sign, 19 digits and comma each, and CR LF instead of
    /// the last comma.</summary>
    internal static long MaxBytes(int count) => ((long)count * NumberFormatter.MaxBytes64) + 1;

    /// <summary>Detects a truncated list.</summary>
    /// <param name="last">The last byte; null if the list is empty.</param>
    /// <param name="count">The numbers in the list.</param>
    /// <param name="expectedCount">The numbers it must have; null for one or more.</param>
    /// <returns>The broken rule; null if the list is complete.</returns>
    internal static string? FindCut(byte? last, int count, int? expectedCount) => last switch
    {
        null when expectedCount != 0 => "the list is empty",
        Separator => "the list ends in a comma",
        (byte)'-' => "the list ends in a minus sign",
        (byte)'\r' => "the list ends in a carriage return",
        _ when expectedCount is { } expected && count != expected =>
            $"the list has {Quantity.FormatCount(count, "number")}, not {expected}",
        _ => null,
    };

    /// <summary>A byte as messages show it: <c>'7'</c>, <c>byte 0x0A</c>.</summary>
    internal static string Describe(byte value) =>
        value is > 0x20 and < 0x7F ? $"'{(char)value}'" : $"byte 0x{value:X2}";
}
