using System.Net;
using System.Text;
using System.Text.Json.Serialization;

namespace Hawser.Services.Clock.Recording;

/// <summary>How a run of a recording ends.</summary>
public enum TimeDataEnding
{
    /// <summary>With the last line.</summary>
    [JsonStringEnumMemberName("whole")]
    Whole,

    /// <summary>After a complete row, without the last line: the writer was killed.</summary>
    [JsonStringEnumMemberName("cut")]
    Cut,

    /// <summary>Within a row: the writer was killed during a write, or a copy was truncated.</summary>
    [JsonStringEnumMemberName("torn")]
    Torn,
}

/// <summary>One run of a recording: its rows, paired per client into requests and answers.</summary>
/// <remarks>Requests and answers of a connection pair in order: TCP keeps the order, and the server answers in order.
/// The end that sends first is the client.</remarks>
internal sealed class TimeDataRun
{
    private readonly Dictionary<(string Client, string Server), TimeDataPairing> _pairings = [];
    private readonly Dictionary<string, string> _endpoints = [];

    /// <summary>The pairings in order of appearance: one in a client's file, one per client in the server's.</summary>
    public IReadOnlyCollection<TimeDataPairing> Pairings => _pairings.Values;

    /// <summary>The number of complete rows.</summary>
    public long Rows { get; private set; }

    public TimeDataEnding Ending { get; set; } = TimeDataEnding.Cut;

    /// <summary>The duration in the words of the last line; null without one.</summary>
    public string? Duration { get; set; }

    /// <exception cref="FormatException">The row cannot follow those before it.</exception>
    public void Take(LineSplitter lines, TimeRow row)
    {
        if (row.Number != Rows + 1)
            throw lines.Error($"row {row.Number} follows row {Rows}");
        Rows++;
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

    // Few endpoints occur in many rows: each is checked and converted once.
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
