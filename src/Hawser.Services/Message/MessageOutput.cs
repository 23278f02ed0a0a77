using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Message;

/// <summary>The output of all messages: one stream and one thread that writes one message at a time.</summary>
/// <remarks>The thread exists because a slow reader of the output must not stall an event loop. A connection that
/// blocks its own thread writes there instead: two threads that hand over every piece are slower than one.</remarks>
internal sealed class MessageOutput
{
    private readonly Stream _stream;
    private readonly SafeFileHandle? _pipe;
    private readonly Action<string> _fail;
    private readonly Channel<Work> _work = Channel.CreateUnbounded<Work>(new() { SingleReader = true });
    private readonly Task _writer;
    private volatile bool _isGone;

    public MessageOutput(Stream stream, Action<string> fail)
    {
        _stream = stream;
        _pipe = stream is DescriptorStream { IsPipe: true } own ? own.Handle : null;
        _fail = fail;
        _writer = OwnThread.RunAsync(WriteAll);
    }

    /// <summary>The queue for the output.</summary>
    public TurnQueue Turns { get; } = new();

    /// <summary>The output is a pipe, so that <see cref="ReceiveHereAsync"/> works.</summary>
    public bool IsPipe => _pipe is not null;

    /// <summary>The output has failed or is closed.</summary>
    public bool IsGone => _isGone;

    /// <summary>Writes the waiting bytes of a message, then a piece of it, on the output's thread, and flushes. Only
    /// for the owner of the turn.</summary>
    /// <exception cref="MessageRefusedException">What waits cannot be read.</exception>
    /// <exception cref="IOException">The output is gone.</exception>
    public Task WriteAsync(IncomingMessage message, ReadOnlyMemory<byte> piece = default)
    {
        var work = new Work(message, piece, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_work.Writer.TryWrite(work))
            work.Done.SetException(Gone());
        return work.Done.Task;
    }

    /// <summary>The same on the calling thread. Only for the owner of the turn, without another write in
    /// progress.</summary>
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

    /// <summary>Receives a piece of a message and writes it on the calling thread, within the kernel where possible.
    /// Only for the owner of the turn, without another write in progress and with nothing waiting.</summary>
    /// <param name="message">Its connection blocks its thread.</param>
    /// <param name="check">Called when the piece has been received; throws to refuse it.</param>
    /// <returns>False when the sender has finished.</returns>
    /// <exception cref="IOException">The output is gone.</exception>
    public async ValueTask<bool> ReceiveHereAsync(IncomingMessage message, Action check)
    {
        try
        {
            int received = await message.Connection.ReceivePieceToPipeAsync(_pipe!, piece => _stream.Write(piece.Span), _ =>
            {
                check();
                if (_isGone)
                    throw Gone();
                message.BeginWriting();
            });
            message.AddWritten(received);
            return received > 0;
        }
        catch (IOException e) when (message.IsBeingWritten)
        {
            throw Fail(e);
        }
        finally
        {
            message.EndWriting();
        }
    }

    /// <summary>Ends the output; writes that have not begun fail.</summary>
    /// <param name="isStuck">A write may block forever: do not wait for it.</param>
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
            // Any exception ends this message, not the thread that all messages need.
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
            throw Fail(e);
        }
        message.AddWritten(bytes.Length);
    }

    private IOException Fail(IOException cause)
    {
        _isGone = true;
        _fail($"cannot write to the standard output: {cause.Message}; its reader has exited or its disk is full");
        return cause;
    }

    private static IOException Gone() => new("the output is closed");

    private readonly record struct Work(
        IncomingMessage Message, ReadOnlyMemory<byte> Piece, TaskCompletionSource Done);
}
