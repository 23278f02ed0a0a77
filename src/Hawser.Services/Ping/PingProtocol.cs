using System.Buffers.Text;

namespace Hawser.Services.Ping;

/// <summary>The bytes of ping. All ASCII, a line at a time.</summary>
/// <remarks>
/// <code>
/// client -> server   "ping" SP client SP n LF     client, n: 1 to 18 decimal digits
/// server -> client   "pong" SP client SP n LF     the same numbers
///                    "ERROR: " rule LF            and the connection ends
/// </code>
/// A line has at most 128 bytes, its LF included.
/// </remarks>
public static class PingProtocol
{
    /// <summary>Bytes of a line at the most, its line feed included.</summary>
    public const int LineLimit = 128;

    private const int DigitsLimit = 18;

    /// <summary>The rule that a line which is not a ping has broken.</summary>
    public const string Rule = "expected 'ping <client> <n>', each number of 1 to 18 digits";

    /// <summary>Reads a ping.</summary>
    /// <param name="line">A line without its line feed.</param>
    /// <param name="client">The number the client gave itself.</param>
    /// <param name="n">Counts its pings.</param>
    public static bool TryParsePing(ReadOnlySpan<byte> line, out long client, out long n) =>
        TryParse(line, "ping "u8, out client, out n);

    /// <summary>Reads a pong.</summary>
    public static bool TryParsePong(ReadOnlySpan<byte> line, out long client, out long n) =>
        TryParse(line, "pong "u8, out client, out n);

    /// <summary>Writes a ping with its line feed.</summary>
    /// <returns>Bytes written.</returns>
    public static int WritePing(long client, long n, Span<byte> destination)
    {
        "ping "u8.CopyTo(destination);
        int length = 5;
        Utf8Formatter.TryFormat(client, destination[length..], out int digits);
        length += digits;
        destination[length++] = (byte)' ';
        Utf8Formatter.TryFormat(n, destination[length..], out digits);
        length += digits;
        destination[length++] = (byte)'\n';
        return length;
    }

    /// <summary>Writes the pong to a line that is a ping.</summary>
    /// <returns>Bytes written.</returns>
    public static int WritePong(ReadOnlySpan<byte> ping, Span<byte> destination)
    {
        ping.CopyTo(destination);
        destination[1] = (byte)'o';
        destination[ping.Length] = (byte)'\n';
        return ping.Length + 1;
    }

    private static bool TryParse(ReadOnlySpan<byte> line, ReadOnlySpan<byte> verb, out long client, out long n)
    {
        client = n = 0;
        int at = verb.Length;
        return line.StartsWith(verb)
            && TryTakeNumber(line, ref at, out client)
            && at < line.Length && line[at++] == ' '
            && TryTakeNumber(line, ref at, out n)
            && at == line.Length;
    }

    private static bool TryTakeNumber(ReadOnlySpan<byte> line, ref int at, out long value)
    {
        int start = at;
        value = 0;
        for (; at < line.Length && char.IsAsciiDigit((char)line[at]); at++)
            value = value * 10 + (line[at] - '0');
        return at > start && at - start <= DigitsLimit;
    }
}
