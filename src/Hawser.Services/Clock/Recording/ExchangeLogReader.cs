using System.Text;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Recording;

/// <summary>Reads the runs of an exchange log, which may be cut.</summary>
internal sealed class ExchangeLogReader(Stream source)
{
    private static readonly byte[] Title = Encoding.ASCII.GetBytes(ExchangeLogFormat.Title);
    private static readonly byte[] Header = Encoding.ASCII.GetBytes(ExchangeLogFormat.Header);

    private readonly LineSplitter _lines = new(source, ExchangeLogFormat.LongestLine);

    /// <summary>Reads up to the first exchange of the next run. False: no other run has a heading.</summary>
    /// <exception cref="FormatException">It is not an exchange log; the message names the line and the
    /// rule.</exception>
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

    /// <summary>Reads the exchanges of the current run.</summary>
    /// <returns>The counts of its last line; null if the run is cut.</returns>
    /// <exception cref="FormatException">A line is not an exchange; the message names it and the rule.</exception>
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
