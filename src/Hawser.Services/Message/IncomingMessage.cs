namespace Hawser.Services.Message;

/// <summary>One message under way: what of it waits, what is written, and how fast it comes.</summary>
internal sealed class IncomingMessage(Connection connection, MessageSpool waiting) : IDisposable
{
    private long _writtenBytes;
    private volatile bool _hasBegun;
    private volatile bool _isBeingWritten;
    private volatile bool _hasEnded;
    private volatile string? _cutFor;

    public Connection Connection => connection;

    /// <summary>What has come and is not written yet.</summary>
    public MessageSpool Waiting => waiting;

    /// <summary>Its place in the line for the output, if it has one.</summary>
    public TurnQueue.Turn? Turn { get; set; }

    /// <summary>Nothing more of it comes.</summary>
    public bool HasEnded
    {
        get => _hasEnded;
        set => _hasEnded = value;
    }

    /// <summary>The output may have bytes of it.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>The output is taking bytes of it just now.</summary>
    public bool IsBeingWritten => _isBeingWritten;

    /// <summary>Bytes that the output has taken.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>Why the server has cut it; null while it has not.</summary>
    public string? CutFor => _cutFor;

    /// <summary>How fast it comes while others wait for it.</summary>
    public SenderPace Pace { get; } = new(connection);

    public void BeginWriting()
    {
        _isBeingWritten = true;
        _hasBegun = true;
    }

    public void AddWritten(int bytes) => Volatile.Write(ref _writtenBytes, _writtenBytes + bytes);

    public void EndWriting() => _isBeingWritten = false;

    /// <summary>Resets its sender. From any thread.</summary>
    public void Cut(string why)
    {
        _cutFor = why;
        connection.Abort(CloseReason.IdleTimeout);
    }

    /// <summary>Gives up its turn, and forgets what waits.</summary>
    public void Dispose()
    {
        Turn?.Dispose();
        waiting.Dispose();
    }
}
