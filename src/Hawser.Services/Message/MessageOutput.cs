using System.Threading.Channels;

namespace Hawser.Services.Message;

/// <summary>Where all messages go: one stream, one thread that writes to it, one message at a time.</summary>
/// <remarks>Writing has a thread of its own because a slow reader of the output must not hold up an event loop. Where a
/// connection blocks its thread anyway, it writes there: two threads that hand each other every piece move less than one
/// that does both.</remarks>
internal sealed class MessageOutput
{
    private readonly Stream _stream;
    private readonly Action<string> _fail;
    private readonly Channel<Work> _work = Channel.CreateUnbounded<Work>(new() { SingleReader = true });
    private readonly Task _writer;
    private volatile bool _isGone;

    public MessageOutput(Stream stream, Action<string> fail)
    {
        _stream = stream;
        _fail = fail;
        _writer = OwnThread.RunAsync(WriteAll);
    }

    /// <summary>Whose turn it is to write.</summary>
    public TurnQueue Turns { get; } = new();

    /// <summary>It has failed or is closed; nothing can be written any more.</summary>
    public bool IsGone => _isGone;

    /// <summary>Writes what waits of a message, then a piece of it, on the output's thread, and flushes. For the owner of
    /// the turn.</summary>
    /// <exception cref="MessageRefusedException">What waits cannot be read.</exception>
    /// <exception cref="IOException">The output is gone.</exception>
    public Task WriteAsync(IncomingMessage message, ReadOnlyMemory<byte> piece = default)
    {
        var work = new Work(message, piece, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_work.Writer.TryWrite(work))
            work.Done.SetException(Gone());
        return work.Done.Task;
    }

    /// <summary>The same on the calling thread. For the owner of the turn, who has no other write under way.</summary>
    /// <exception cref="MessageRefusedException">What waits cannot be read.</exception>
    /// <exception cref="IOException">The output is gone.</exception>
    public void WriteHere(IncomingMessage message, ReadOnlyMemory<byte> piece)
    {
        message.BeginWriting();
        try
        {
            message.Waiting.MoveTo(static (bytes, to) => to.Output.Put(to.Message, bytes), (Output: this, Message: message));
            Put(message, piece.Span);
        }
        finally
        {
            message.EndWriting();
        }
    }

    /// <summary>Writes nothing more, and fails what has not begun.</summary>
    /// <param name="isStuck">A write may never end: nobody waits for it.</param>
    public async Task CloseAsync(bool isStuck)
    {
        _isGone = true;
        _work.Writer.TryComplete();
        if (!isStuck)
            await _writer;
    }

    private void WriteAll()
    {
        while (_work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_work.Reader.TryRead(out Work work))
                Write(work);
        }
    }

    private void Write(Work work)
    {
        try
        {
            WriteHere(work.Message, work.Piece);
            work.Done.SetResult();
        }
        catch (Exception e)
        {
            // Whatever it is, it ends that message and not the thread that all of them need.
            work.Done.SetException(e);
        }
    }

    private void Put(IncomingMessage message, ReadOnlySpan<byte> bytes)
    {
        if (_isGone)
            throw Gone();
        if (bytes.IsEmpty)
            return;
        try
        {
            _stream.Write(bytes);
            _stream.Flush();
        }
        catch (IOException e)
        {
            _isGone = true;
            _fail($"cannot write to the standard output: {e.Message}; whoever read it has gone away or is full");
            throw;
        }
        message.AddWritten(bytes.Length);
    }

    private static IOException Gone() => new("the output is closed");

    private readonly record struct Work(
        IncomingMessage Message, ReadOnlyMemory<byte> Piece, TaskCompletionSource Done);
}
