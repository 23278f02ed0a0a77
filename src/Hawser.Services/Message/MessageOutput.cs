using System.Threading.Channels;

namespace Hawser.Services.Message;

/// <summary>Where all messages go: one stream, one thread that writes to it, one message at a time.</summary>
/// <remarks>Writing has a thread of its own because a slow reader of the output must not hold up an event loop. Where a
/// connection blocks its thread anyway, it writes there: two threads that hand each other every piece move less than one
/// that does both.</remarks>
internal sealed class MessageOutput : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly Action<string> _fail;
    private readonly Channel<Work> _work = Channel.CreateUnbounded<Work>(new() { SingleReader = true });
    private readonly Task _writer;

    public MessageOutput(Stream stream, Action<string> fail)
    {
        _stream = stream;
        _fail = fail;
        _writer = OwnThread.RunAsync(WriteAll);
    }

    /// <summary>Whose turn it is to write.</summary>
    public TurnQueue Turns { get; } = new();

    /// <summary>The output is gone; nothing can be written any more.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Lets <paramref name="write"/> write to the stream, on the output's thread, and flushes. For the owner
    /// of the turn.</summary>
    /// <exception cref="IOException">The output is gone, or what was to be written cannot be read.</exception>
    public Task WriteAsync(Action<Stream> write)
    {
        var work = new Work(write, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_work.Writer.TryWrite(work))
            work.Done.SetException(new IOException("the output is closed"));
        return work.Done.Task;
    }

    /// <summary>The same on the calling thread. For the owner of the turn, who has no other write under way.</summary>
    /// <exception cref="IOException">The output is gone.</exception>
    public void WriteHere(ReadOnlyMemory<byte> content) => Run(stream => stream.Write(content.Span));

    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
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
            Run(work.Content);
            work.Done.SetResult();
        }
        catch (IOException e)
        {
            work.Done.SetException(e);
        }
    }

    private void Run(Action<Stream> content)
    {
        if (HasFailed)
            throw new IOException("the output is closed");
        try
        {
            content(_stream);
            _stream.Flush();
        }
        catch (IOException e) when (e is not SpoolException)
        {
            HasFailed = true;
            _fail($"cannot write to the standard output: {e.Message}; whoever read it has gone away or is full");
            throw;
        }
    }

    private readonly record struct Work(Action<Stream> Content, TaskCompletionSource Done);
}
