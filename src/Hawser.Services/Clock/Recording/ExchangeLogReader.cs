using System.Text;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Recording;

/// <summary>Reads an exchange log, exchange by exchange, and tolerates that it is cut.</summary>
internal static class ExchangeLogReader
{
    /// <summary>
    /// Reads all of it: the heading into <paramref name="begin"/>, then each exchange into <paramref name="take"/>.
    /// Answers with the counts of its last line, or null when it is cut.
    /// </summary>
    /// <exception cref="FormatException">It is no exchange log; says in which line and why.</exception>
    public static ExchangeCounts? Read(Stream source, Action<ExchangeLogHeading> begin, Action<Exchange> take)
    {
        var lines = new LineSplitter(source, ExchangeLogFormat.LongestLine);
        if (!lines.TryRead(out ReadOnlySpan<byte> line))
            return null;
        if (!line.SequenceEqual(Encoding.ASCII.GetBytes(ExchangeLogFormat.Title)))
            throw lines.Error($"an exchange log begins with \"{ExchangeLogFormat.Title}\"");
        if (!lines.TryRead(out line))
            return null;
        if (!ExchangeLogFormat.TryReadHeading(line, out ExchangeLogHeading heading))
            throw lines.Error("the second line reads \"# client=0 address=... server=... interval_ns=...\"");
        begin(heading);
        if (!lines.TryRead(out line))
            return null;
        if (!line.SequenceEqual(Encoding.ASCII.GetBytes(ExchangeLogFormat.Header)))
            throw lines.Error("the third line names the columns");
        return ReadExchanges(lines, take);
    }

    private static ExchangeCounts? ReadExchanges(LineSplitter lines, Action<Exchange> take)
    {
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (ExchangeLogFormat.TryReadExchange(line, out Exchange exchange))
            {
                take(exchange);
                continue;
            }

            if (!ExchangeLogFormat.TryReadEnd(line, out ExchangeCounts counts))
                throw lines.Error("a line is a tick and eight timestamps, or the end");
            if (lines.TryRead(out _))
                throw lines.Error("nothing follows the last line");
            return counts;
        }

        return null;
    }
}
