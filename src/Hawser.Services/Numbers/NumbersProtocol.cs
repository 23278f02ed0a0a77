using Hawser.Services.Text;

namespace Hawser.Services.Numbers;

/// <summary>
/// The wire format of a list of numbers. A client sends nothing; the server sends one list and closes.
/// <code>
/// list    = number *( "," number ) [ newline ]   a receiver allows the newline, our server never sends it
/// number  = [ "-" ] 1*digit                      in the signed 64-bit range; leading zeros and -0 are allowed
/// digit   = "0" to "9"
/// newline = LF / CR LF
/// </code>
/// </summary>
internal static class NumbersProtocol
{
    /// <summary>The byte between two numbers.</summary>
    internal const byte Separator = (byte)',';

    /// <summary>Where the server listens unless told otherwise.</summary>
    internal const int DefaultPort = 12345;

    /// <summary>The numbers of a list, unless told otherwise.</summary>
    internal const int DefaultCount = 250_000;

    /// <summary>The most numbers a list may have; a longer one is malformed.</summary>
    internal const int MaxCount = 100_000_000;

    /// <summary>The most numbers a client takes when it does not know how many to expect.</summary>
    internal const int DefaultMaxCount = 10_000_000;

    /// <summary>The smallest number, unless told otherwise.</summary>
    internal const long DefaultMin = -999_999_999;

    /// <summary>The largest number, unless told otherwise.</summary>
    internal const long DefaultMax = 999_999_999;

    /// <summary>The most bytes a client takes for a list of so many numbers: each with its sign, 19 digits and a comma,
    /// and CR LF instead of the last comma.</summary>
    internal static long MaxBytes(int count) => ((long)count * NumberFormatter.MaxBytes64) + 1;

    /// <summary>Looks for what gives a list away that ended too early.</summary>
    /// <param name="last">Its last byte; null: it has none.</param>
    /// <param name="count">How many numbers it has.</param>
    /// <param name="expectedCount">How many it has to have; null: any, but not none.</param>
    /// <returns>The rule that is broken; null: none.</returns>
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
