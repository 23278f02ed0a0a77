namespace Hawser.Services.Message;

/// <summary>One message in progress: the bytes waiting, the bytes written, and the rate of arrival.</summary>
internal sealed class IncomingMessage(Connection connection, MessageSpool waiting) : IDisposable
{
    private long _writtenBytes;
    private volatile bool _hasBegun;
    private volatile bool _isBeingWritten;
    private volatile bool _hasEnded;
    private volatile string? _cutFor;

    public Connection Connection => connection;

    /// <summary>The bytes received and not yet written.</summary>
    public MessageSpool Waiting => waiting;

    /// <summary>Its place in the queue for the output, if it has one.</summary>
    public TurnQueue.Turn? Turn { get; set; }

    /// <summary>The sender has finished.</summary>
    public bool HasEnded
    {
        get => _hasEnded;
        set => _hasEnded = value;
    }

    /// <summary>The output may have some of its bytes.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>The output is writing its bytes.</summary>
    public bool IsBeingWritten => _isBeingWritten;

    /// <summary>Bytes written to the output.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>Why the server reset its sender; null if it did not.</summary>
    public string? CutFor => _cutFor;

    /// <summary>The rate of arrival while others wait for it.</summary>
    public SenderPace Pace { get; } = new(connection);

    public void BeginWriting()
    {
        _isBeingWritten = true;
        _hasBegun = true;
    }

    public void AddWritten(int bytes) => Volatile.Write(ref _writtenBytes, _writtenBytes + bytes);

    public void EndWriting() => _isBeingWritten = false;

    /// <summary>Resets its sender. Thread-safe.</summary>
    public void Cut(string why)
    {
        _cutFor = why;
        connection.Abort(CloseReason.IdleTimeout);
    }

    /// <summary>Gives up its turn and discards the waiting bytes.</summary>
    public void Dispose()
    {
        Turn?.Dispose();
        waiting.Dispose();
    }
}
