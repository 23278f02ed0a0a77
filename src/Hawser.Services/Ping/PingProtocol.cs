using System.Buffers.Text;

namespace Hawser.Services.Ping;

/// <summary>The wire format of ping: lines of ASCII.</summary>
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
    /// <summary>The length limit of a line in bytes, including its line feed.</summary>
    public const int LineLimit = 128;

    private const int DigitsLimit = 18;

    /// <summary>The error message for a line that is not a ping.</summary>
    public const string Rule = "expected 'ping <client> <n>', each number of 1 to 18 digits";

    /// <summary>Parses a ping.</summary>
    /// <param name="line">A line without its line feed.</param>
    /// <param name="client">The client's number.</param>
    /// <param name="n">The number of the ping.</param>
    public static bool TryParsePing(ReadOnlySpan<byte> line, out long client, out long n) =>
        TryParse(line, "ping "u8, out client, out n);

    /// <summary>Parses a pong.</summary>
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

    /// <summary>Writes the pong to a valid ping.</summary>
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
