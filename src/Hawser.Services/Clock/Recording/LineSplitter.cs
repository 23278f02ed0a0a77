namespace Hawser.Services.Clock.Recording;

/// <summary>Splits a stream into lines of bounded length and counts them for error messages.</summary>
internal sealed class LineSplitter(Stream source, int longestLine)
{
    private readonly byte[] _buffer = new byte[Math.Max(65_536, longestLine)];
    private int _start;
    private int _end;
    private int _lastLength;
    private bool _sourceEnded;

    /// <summary>The number of the last line read, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the stream ended within a line; valid after <see cref="TryRead"/> returned false.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Reads the next whole line, without its newline. It is valid until the next call. False at the
    /// end.</summary>
    /// <exception cref="FormatException">A line is too long.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            ReadOnlySpan<byte> unread = _buffer.AsSpan(_start, _end - _start);
            int length = unread.IndexOf((byte)'\n');
            if (length >= longestLine || (length < 0 && unread.Length >= longestLine))
            {
                Number++;
                throw Error($"a line has less than {longestLine} bytes");
            }

            if (length >= 0)
            {
                line = unread[..length];
                _lastLength = length + 1;
                _start += _lastLength;
                Number++;
                return true;
            }

            if (_sourceEnded)
            {
                IsTorn = !unread.IsEmpty;
                line = default;
                return false;
            }

            Fill(unread);
        }
    }

    /// <summary>Call after a line that does not continue a run: it is the title of the next one, or a torn line before
    /// that title. Puts the title back.</summary>
    /// <returns>Whether the line was torn.</returns>
    /// <exception cref="FormatException">It is neither: <paramref name="broken"/>.</exception>
    public bool ExpectRun(ReadOnlySpan<byte> line, ReadOnlySpan<byte> title, string broken)
    {
        bool isTorn = !line.SequenceEqual(title);
        FormatException error = Error(broken);
        if (isTorn && !(TryRead(out ReadOnlySpan<byte> next) && next.SequenceEqual(title)))
            throw error;
        _start -= _lastLength;
        Number--;
        return isTorn;
    }

    /// <summary>An error in the last line read.</summary>
    public FormatException Error(string broken) => new($"line {Number}: {broken}");

    private void Fill(ReadOnlySpan<byte> unread)
    {
        unread.CopyTo(_buffer);
        _end = unread.Length;
        _start = 0;
        int read = source.Read(_buffer, _end, _buffer.Length - _end);
        _sourceEnded = read == 0;
        _end += read;
    }
}
