using System.Net;
using System.Text;

namespace Hawser.Services.Clock.Recording;

/// <summary>
/// Reads a recording of <see cref="TimeDataFormat"/> from any stream and pairs, per client, the requests with the
/// answers. Tolerates that it is cut; anything else wrong is an error with its line.
/// </summary>
/// <remarks>
/// Requests and answers of one connection pair in order, because TCP keeps it and the server answers in order. Who asks
/// is who sends first.
/// </remarks>
internal sealed class TimeDataReader
{
    private readonly Dictionary<(string Client, string Server), TimeDataPairing> _pairings = [];
    private readonly Dictionary<string, string> _endpoints = [];
    private long _lastNumber;

    private TimeDataReader()
    {
    }

    /// <summary>
    /// The pairings, in order of appearance: one for a client's file, one per client for the server's.
    /// </summary>
    public IReadOnlyCollection<TimeDataPairing> Pairings => _pairings.Values;

    /// <summary>How many whole rows there are.</summary>
    public long Rows => _lastNumber;

    public TimeDataEnding Ending { get; private set; } = TimeDataEnding.Cut;

    /// <summary>The duration as the last line words it; null when there is none.</summary>
    public string? Duration { get; private set; }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="FormatException">It is no recording; says in which line and why.</exception>
    public static TimeDataReader Read(Stream source)
    {
        var reader = new TimeDataReader();
        var lines = new LineSplitter(source, TimeDataFormat.LongestLine);
        reader.ReadLines(lines);
        if (lines.IsTorn)
            reader.Ending = TimeDataEnding.Torn;
        return reader;
    }

    private void ReadLines(LineSplitter lines)
    {
        Expect(lines, TimeDataFormat.Title);
        Expect(lines, TimeDataFormat.Header);
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (Ending == TimeDataEnding.Whole)
                throw lines.Error("nothing follows the last line");
            if (line.StartsWith("End of "u8))
                ReadEnd(lines, line);
            else if (!TimeDataFormat.TryReadRow(line, out TimeRow row, out string? broken))
                throw lines.Error(broken!);
            else
                TakeRow(lines, row);
        }
    }

    private static void Expect(LineSplitter lines, string expected)
    {
        // A file that ends before its header is whole is one that was cut very early.
        if (lines.TryRead(out ReadOnlySpan<byte> line) && !line.SequenceEqual(Encoding.ASCII.GetBytes(expected)))
            throw lines.Error("a recording begins with the lines \"Timestamp Data\" and \"# Sender's IP ...\"");
    }

    private void ReadEnd(LineSplitter lines, ReadOnlySpan<byte> line)
    {
        if (!TimeDataFormat.IsEnd(line))
            throw lines.Error("the last line reads \"End of Timestamp Data (after ...)\"");
        Duration = Encoding.ASCII.GetString(line)[TimeDataFormat.EndPrefix.Length..^TimeDataFormat.EndSuffix.Length];
        Ending = TimeDataEnding.Whole;
    }

    private void TakeRow(LineSplitter lines, TimeRow row)
    {
        if (row.Number != _lastNumber + 1)
            throw lines.Error($"row {row.Number} follows row {_lastNumber}");
        _lastNumber = row.Number;
        string sender = EndpointOf(lines, row.Sender);
        string receiver = EndpointOf(lines, row.Receiver);
        if (_pairings.TryGetValue((receiver, sender), out TimeDataPairing? asked))
        {
            if (!asked.TryAnswer(row.WallNs))
                throw lines.Error($"row {row.Number} answers a request that was never sent");
            return;
        }

        if (!_pairings.TryGetValue((sender, receiver), out TimeDataPairing? asking))
            _pairings.Add((sender, receiver), asking = new TimeDataPairing(sender, receiver));
        asking.Request(row.WallNs);
    }

    // There are few endpoints and many rows: each is checked and made a string once.
    private string EndpointOf(LineSplitter lines, ReadOnlySpan<byte> text)
    {
        Span<char> characters = stackalloc char[TimeDataFormat.LongestLine];
        if (text.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            throw lines.Error("an address with a port is printable ASCII");
        ReadOnlySpan<char> key = characters[..Encoding.ASCII.GetChars(text, characters)];
        if (_endpoints.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out string? known))
            return known;
        if (!IPEndPoint.TryParse(key, out IPEndPoint? endpoint) || endpoint.Port == 0)
            throw lines.Error($"\"{key}\" is no address with a port");
        known = key.ToString();
        _endpoints.Add(known, known);
        return known;
    }
}

/// <summary>How a recording ends.</summary>
public enum TimeDataEnding
{
    /// <summary>With its last line.</summary>
    Whole,

    /// <summary>After a whole row, without the last line: its writer was killed.</summary>
    Cut,

    /// <summary>In the middle of a row: its writer was killed while it wrote, or a copy was cut off.</summary>
    Torn,
}
