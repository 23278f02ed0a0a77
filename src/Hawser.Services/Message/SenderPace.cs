namespace Hawser.Services.Message;

/// <summary>Whether one sender keeps the pace while others wait for it. For the <see cref="StallWatch"/>, under its
/// lock.</summary>
internal sealed class SenderPace(Connection connection)
{
    private long _lastLook = -1;
    private int _looks;
    private int _looksWithoutByte;
    private long _bytesAtWindow;
    private long _bytes;

    /// <summary>What a look finds.</summary>
    public enum Verdict
    {
        Keeps,
        Stalls,
        TooSlow,
    }

    /// <summary>Looks at a sender that others wait for.</summary>
    /// <param name="look">Counts the looks of the watch. A gap means that nobody waited meanwhile: it begins
    /// anew.</param>
    /// <param name="isReady">The server is ready to receive; other looks do not count.</param>
    /// <param name="looksPerWindow">Looks without a byte that make a stall.</param>
    /// <param name="bytesPerWindow">Bytes that must come within so many looks.</param>
    public Verdict Look(long look, bool isReady, int looksPerWindow, long bytesPerWindow)
    {
        if (look == _lastLook)
            return Verdict.Keeps;
        long bytes = connection.BytesReceived;
        if (look != _lastLook + 1)
            BeginWindow(bytes);
        else if (isReady)
            Count(bytes);
        _lastLook = look;
        _bytes = bytes;
        if (_looksWithoutByte >= looksPerWindow)
            return Verdict.Stalls;
        if (_looks < looksPerWindow)
            return Verdict.Keeps;
        if (bytes - _bytesAtWindow < bytesPerWindow)
            return Verdict.TooSlow;
        BeginWindow(bytes);
        return Verdict.Keeps;
    }

    private void BeginWindow(long bytes)
    {
        _looks = 0;
        _looksWithoutByte = 0;
        _bytesAtWindow = bytes;
    }

    private void Count(long bytes)
    {
        _looks++;
        _looksWithoutByte = bytes == _bytes ? _looksWithoutByte + 1 : 0;
    }
}
