using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Message;

/// <summary>An output that remembers what was written, can be waited for, blocked and broken.</summary>
internal sealed class RecordedOutput : Stream
{
    private readonly List<byte> _bytes = [];
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private TaskCompletionSource _more = NewSignal();
    private long _failAfter = long.MaxValue;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length
    {
        get
        {
            lock (_gate)
                return _bytes.Count;
        }
    }

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public byte[] Bytes
    {
        get
        {
            lock (_gate)
                return [.. _bytes];
        }
    }

    /// <summary>Completes when somebody waits to write to the blocked output.</summary>
    public TaskCompletionSource WriterWaits { get; } = NewSignal();

    /// <summary>Everything so far is this, byte for byte.</summary>
    public void Is(ReadOnlySpan<byte> expected)
    {
        byte[] bytes = Bytes;
        Assert.Equal((expected.Length, expected.Length), (bytes.Length, expected.CommonPrefixLength(bytes)));
    }

    /// <summary>Writes wait from now on, until <see cref="Unblock"/>.</summary>
    public void Block() => _open.Reset();

    public void Unblock() => _open.Set();

    /// <summary>Writes beyond so many bytes fail.</summary>
    public void FailAfter(long bytes) => _failAfter = bytes;

    public async Task LongerThanAsync(long bytes)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_bytes.Count > bytes)
                    return;
                more = _more.Task;
            }
            await more.Bounded();
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_open.IsSet)
        {
            WriterWaits.TrySetResult();
            _open.Wait();
        }
        lock (_gate)
        {
            if (_bytes.Count + buffer.Length > _failAfter)
                throw new IOException("Broken pipe");
            _bytes.AddRange(buffer);
            _more.SetResult();
            _more = NewSignal();
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _open.Set();
        base.Dispose(disposing);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
