using System.Threading.Channels;

namespace Hawser.Services.Message;

/// <summary>Where all messages go: one stream, one thread that writes to it, one message at a time.</summary>
/// <remarks>Writing has a thread of its own because a slow reader of the output must not hold up an event loop, and so
/// that receiving and writing overlap.</remarks>
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
        _writer = Task.Factory.StartNew(
            WriteAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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
            if (HasFailed)
                throw new IOException("the output is closed");
            work.Content(_stream);
            _stream.Flush();
            work.Done.SetResult();
        }
        catch (SpoolException e)
        {
            work.Done.SetException(e);
        }
        catch (IOException e)
        {
            if (!HasFailed)
            {
                HasFailed = true;
                _fail($"cannot write to the standard output: {e.Message}; whoever read it has gone away or is full");
            }
            work.Done.SetException(e);
        }
    }

    private readonly record struct Work(Action<Stream> Content, TaskCompletionSource Done);
}
