using System.Net;
using System.Text;
using Hawser.Services.Clock.Recording;

namespace Hawser.Services.Clock.Peers;

/// <summary>Checks arriving bytes against <see cref="TimeDataFormat"/>, so that anything else is refused at its first
/// wrong line. A client's recording has rows of two endpoints, numbered from 1.</summary>
internal sealed class RecordingCheck
{
    private readonly byte[] _line = new byte[TimeDataFormat.LongestLine];
    private byte[]? _client;
    private byte[]? _server;
    private int _length;
    private long _lines;

    /// <summary>Whether the recording has its last line.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Checks the next bytes. False: they are not part of a recording.</summary>
    public bool Take(ReadOnlySpan<byte> content)
    {
        for (int end; (end = content.IndexOf((byte)'\n')) >= 0; content = content[(end + 1)..])
        {
            if (!TryKeep(content[..end]) || !TakeLine(_line.AsSpan(0, _length)))
                return false;
            _length = 0;
            _lines++;
        }

        return TryKeep(content);
    }

    private bool TryKeep(ReadOnlySpan<byte> part)
    {
        if (IsWhole)
            return part.IsEmpty;
        if (part.Length >= _line.Length - _length)
            return false;
        part.CopyTo(_line.AsSpan(_length));
        _length += part.Length;
        return true;
    }

    private bool TakeLine(ReadOnlySpan<byte> line)
    {
        if (IsWhole)
            return false;
        if (_lines < 2)
            return line.SequenceEqual(_lines == 0 ? TimeDataFormat.TitleBytes : TimeDataFormat.HeaderBytes);
        IsWhole = TimeDataFormat.IsEnd(line);
        return IsWhole
            || (TimeDataFormat.TryReadRow(line, out TimeRow row, out _)
                && row.Number == _lines - 1
                && AreEnds(row.Sender, row.Receiver));
    }

    private bool AreEnds(ReadOnlySpan<byte> sender, ReadOnlySpan<byte> receiver)
    {
        if (_client is null || _server is null)
        {
            (_client, _server) = (sender.ToArray(), receiver.ToArray());
            return IsEndpoint(sender) && IsEndpoint(receiver);
        }

        return (sender.SequenceEqual(_client) && receiver.SequenceEqual(_server))
            || (sender.SequenceEqual(_server) && receiver.SequenceEqual(_client));
    }

    private static bool IsEndpoint(ReadOnlySpan<byte> text) =>
        !text.ContainsAnyExceptInRange((byte)'!', (byte)'~')
        && IPEndPoint.TryParse(Encoding.ASCII.GetString(text), out IPEndPoint? endpoint)
        && endpoint.Port != 0;
}
