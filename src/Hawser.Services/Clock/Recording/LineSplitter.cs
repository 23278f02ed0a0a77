namespace Hawser.Services.Clock.Recording;

/// <summary>Cuts a stream into lines of bounded length, ending in a newline, with their numbers for errors.</summary>
internal sealed class LineSplitter(Stream source, int longestLine)
{
    private readonly byte[] _buffer = new byte[Math.Max(65_536, longestLine)];
    private int _start;
    private int _end;
    private int _lastLength;
    private bool _sourceEnded;

    /// <summary>The number of the last line read, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>
    /// Whether the stream ended in the middle of a line; known after <see cref="TryRead"/> answered false.
    /// </summary>
    public bool IsTorn { get; private set; }

    /// <summary>The next whole line, without its newline, valid until the next call; false at the end.</summary>
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

    /// <summary>After a line that continues no run: the title of another, or a piece of a line before that title. Puts
    /// the title back.</summary>
    /// <returns>Whether the line was such a piece.</returns>
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

    /// <summary>An error at the last line read.</summary>
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
