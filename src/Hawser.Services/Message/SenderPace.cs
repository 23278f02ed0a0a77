namespace Hawser.Services.Message;

/// <summary>Checks that a sender keeps the minimum rate while others wait for it. <see cref="StallWatch"/> calls it
/// under its lock.</summary>
internal sealed class SenderPace(Connection connection)
{
    private long _lastLook = -1;
    private int _looks;
    private int _looksWithoutByte;
    private long _bytesAtWindow;
    private long _bytes;

    /// <summary>The result of a check.</summary>
    public enum Verdict
    {
        Keeps,
        Stalls,
        TooSlow,
    }

    /// <summary>Checks a sender that others wait for.</summary>
    /// <param name="look">The number of the check. A gap means that no message waited meanwhile: the window
    /// restarts.</param>
    /// <param name="isReady">The server is ready to receive; other checks do not count.</param>
    /// <param name="looksPerWindow">The checks without a byte that count as a stall.</param>
    /// <param name="bytesPerWindow">The bytes required within so many checks.</param>
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
