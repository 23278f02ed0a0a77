using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Text;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Recording;

/// <summary>
/// The companion of a client's recording, <c>client_ID_TimeData.exchanges.tsv</c>: one line per answered tick with all
/// four timestamps on both clocks, in nanoseconds, which the recording's rows have no place for.
/// <code>
/// # hawser clock exchanges 1
/// # client=0 address=127.0.0.1:40000 server=127.0.0.1:5555 interval_ns=10000000
/// tick  t1_ns  t2_ns  t3_ns  t4_ns  m1_ns  m2_ns  m3_ns  m4_ns                     (separated by tabs)
/// 0     1795155437123456700  ...
/// # end sent=200 answered=200 missed=0
/// </code>
/// t is wall clock since 1970. m1 and m4 are the client's monotonic clock since tick 0 was due, so that the lateness of
/// a tick is m1 - tick * interval; m2 and m3 are the server's, since a moment of its own.
/// </summary>
internal static class ExchangeLogFormat
{
    public const string Title = "# hawser clock exchanges 1";
    public const string Header = "tick\tt1_ns\tt2_ns\tt3_ns\tt4_ns\tm1_ns\tm2_ns\tm3_ns\tm4_ns";

    /// <summary>The length limit of a line in bytes, with its newline: nine numbers of at most twenty
    /// characters.</summary>
    public const int LongestLine = 256;

    private const int Columns = 9;

    /// <summary>The path of a recording's companion.</summary>
    public static string PathFor(string recording) => Path.ChangeExtension(recording, ".exchanges.tsv");

    /// <summary>The three lines before the first exchange.</summary>
    public static byte[] Opening(ExchangeLogHeading heading) => Encoding.ASCII.GetBytes(
        $"{Title}\n# client={heading.ClientId} address={heading.Client} server={heading.Server} "
        + $"interval_ns={heading.IntervalNs}\n{Header}\n");

    /// <summary>The last line.</summary>
    public static byte[] End(ExchangeCounts counts) => Encoding.ASCII.GetBytes(
        $"# end sent={counts.Sent} answered={counts.Answered} missed={counts.Missed}\n");

    /// <summary>Writes an exchange with its newline, without allocation, and returns its length.</summary>
    public static int WriteExchange(Span<byte> line, in Exchange exchange)
    {
        int at = 0;
        ReadOnlySpan<long> numbers =
        [
            exchange.Tick,
            exchange.T1.WallNs, exchange.T2.WallNs, exchange.T3.WallNs, exchange.T4.WallNs,
            exchange.T1.MonotonicNs, exchange.T2.MonotonicNs, exchange.T3.MonotonicNs, exchange.T4.MonotonicNs,
        ];
        foreach (long number in numbers)
        {
            Utf8Formatter.TryFormat(number, line[at..], out int digits);
            at += digits;
            line[at++] = (byte)'\t';
        }

        line[at - 1] = (byte)'\n';
        return at;
    }

    /// <summary>Parses an exchange, without its newline.</summary>
    public static bool TryReadExchange(ReadOnlySpan<byte> line, out Exchange exchange)
    {
        Span<long> n = stackalloc long[Columns];
        int column = 0;
        exchange = default;
        foreach (Range field in line.Split((byte)'\t'))
        {
            ReadOnlySpan<byte> text = line[field];
            if (column == Columns || !Utf8Parser.TryParse(text, out n[column], out int digits) || digits != text.Length)
                return false;
            column++;
        }

        // Below 2^62 (for a wall clock: before the year 2116), so that no sum or difference of two overflows.
        if (column != Columns
            || n[0] is < 0 or > uint.MaxValue
            || n[1..].ContainsAnyExceptInRange(0, long.MaxValue / 2))
            return false;
        exchange = new Exchange((uint)n[0], new(n[1], n[5]), new(n[2], n[6]), new(n[3], n[7]), new(n[4], n[8]));
        return true;
    }

    /// <summary>Parses the second line.</summary>
    public static bool TryReadHeading(ReadOnlySpan<byte> line, out ExchangeLogHeading heading)
    {
        heading = default;
        if (!TryReadPairs(line, ["#", "client=", "address=", "server=", "interval_ns="], out string[] values)
            || !uint.TryParse(values[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
            || !IPEndPoint.TryParse(values[2], out _)
            || !IPEndPoint.TryParse(values[3], out _)
            || !long.TryParse(values[4], NumberStyles.None, CultureInfo.InvariantCulture, out long intervalNs)
            || intervalNs is < ClockLimits.ShortestIntervalNs or > ClockLimits.LongestIntervalNs)
            return false;
        heading = new ExchangeLogHeading(id, values[2], values[3], intervalNs);
        return true;
    }

    /// <summary>Parses the last line.</summary>
    public static bool TryReadEnd(ReadOnlySpan<byte> line, out ExchangeCounts counts)
    {
        counts = default;
        if (!TryReadPairs(line, ["#", "end", "sent=", "answered=", "missed="], out string[] values)
            || !uint.TryParse(values[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint sent)
            || !uint.TryParse(values[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint answered)
            || !uint.TryParse(values[4], NumberStyles.None, CultureInfo.InvariantCulture, out uint missed)
            || answered > sent)
            return false;
        counts = new ExchangeCounts(sent, answered, missed);
        return true;
    }

    private static bool TryReadPairs(ReadOnlySpan<byte> line, string[] names, out string[] values)
    {
        string[] words = Encoding.ASCII.GetString(line).Split(' ');
        values = words;
        if (words.Length != names.Length)
            return false;
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith(names[i], StringComparison.Ordinal))
                return false;
            words[i] = words[i][names[i].Length..];
        }

        return true;
    }
}

/// <summary>The heading of a log.</summary>
/// <param name="ClientId">The id that the server assigned.</param>
/// <param name="Client">The client's <c>ip:port</c>.</param>
/// <param name="Server">The server's <c>ip:port</c>.</param>
/// <param name="IntervalNs">The time between ticks.</param>
internal readonly record struct ExchangeLogHeading(uint ClientId, string Client, string Server, long IntervalNs);

/// <summary>The counts of a client's ticks.</summary>
/// <param name="Sent">Ticks sent.</param>
/// <param name="Answered">Ticks answered: the exchanges made.</param>
/// <param name="Missed">Ticks not sent because their time had passed.</param>
internal readonly record struct ExchangeCounts(long Sent, long Answered, long Missed)
{
    /// <summary>Ticks sent and not answered.</summary>
    public long Lost => Sent - Answered;
}
