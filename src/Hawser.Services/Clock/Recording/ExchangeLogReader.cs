using System.Text;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Recording;

/// <summary>Reads the runs of an exchange log, exchange by exchange, and tolerates that they are cut.</summary>
internal sealed class ExchangeLogReader(Stream source)
{
    private static readonly byte[] Title = Encoding.ASCII.GetBytes(ExchangeLogFormat.Title);
    private static readonly byte[] Header = Encoding.ASCII.GetBytes(ExchangeLogFormat.Header);

    private readonly LineSplitter _lines = new(source, ExchangeLogFormat.LongestLine);

    /// <summary>Reads up to the first exchange of the next run. False: there is no other run with a heading.</summary>
    /// <exception cref="FormatException">It is no exchange log; says in which line and why.</exception>
    public bool TryBegin(out ExchangeLogHeading heading)
    {
        heading = default;
        while (_lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (!line.SequenceEqual(Title))
                throw _lines.Error($"an exchange log begins with \"{ExchangeLogFormat.Title}\"");
            if (!_lines.TryRead(out line))
                return false;
            if (!ExchangeLogFormat.TryReadHeading(line, out heading))
            {
                ExpectAnother(line, "the second line reads \"# client=0 address=... server=... interval_ns=...\"");
                continue;
            }

            if (_lines.TryRead(out line) && !line.SequenceEqual(Header))
                ExpectAnother(line, "the third line names the columns");
            return true;
        }

        return false;
    }

    /// <summary>Reads the exchanges of the run that has begun.</summary>
    /// <returns>The counts of its last line; null when it is cut.</returns>
    /// <exception cref="FormatException">A line is no exchange; says which and why.</exception>
    public ExchangeCounts? Read(Action<Exchange> take)
    {
        while (_lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (ExchangeLogFormat.TryReadExchange(line, out Exchange exchange))
            {
                take(exchange);
                continue;
            }

            if (ExchangeLogFormat.TryReadEnd(line, out ExchangeCounts counts))
                return counts;
            ExpectAnother(line, "a line is a tick and eight timestamps, or the end");
            return null;
        }

        return null;
    }

    private void ExpectAnother(ReadOnlySpan<byte> line, string broken) => _lines.ExpectRun(line, Title, broken);
}
