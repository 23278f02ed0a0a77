using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.EventLoops;
using Hawser.Native;
using Hawser.Recycling;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>Waits by readiness: a call that would block parks, and its <see cref="EventLoop"/> resumes it inline on the
/// loop's thread.</summary>
/// <remarks>A call from another thread is posted to the loop; its caller resumes on its own thread.</remarks>
internal sealed class EventLoopTransport : SocketTransport
{
    // The other connections wait while the kernel copies this much.
    private const long LargestSendFileBytes = 1024 * 1024;

    private readonly EventLoop _loop;
    private readonly ParkedOperation _receive = new();
    private readonly ParkedOperation _send = new();
    private Readiness? _readiness;
    private bool _closed;
    private volatile bool _aborted;
    private bool _mayReceive;
    private bool _maySend = true;
    private bool _hidesMore;
    private bool _receiveInterrupted;
    private bool _sendInterrupted;
    private long _turn;
    private int _callsLeft;

    public EventLoopTransport(EventLoop loop, Socket socket) : base(socket)
    {
        _loop = loop;
        loop.Enter();
    }

    public EventLoop Loop => _loop;

    public override void Open()
    {
        base.Open();
        var readiness = new Readiness(this, Socket);
        _loop.Own(readiness);
        _readiness = readiness;
    }

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (!_loop.IsCurrentThread)
            return HopToWaitAsync(deadline);
        ThrowIfGone();
        if (_receiveInterrupted && !deadline.HasPassed)
        {
            _receiveInterrupted = false;
            return new ValueTask<bool>(false);
        }
        // The state must be known, not assumed: a read that filled its buffer may have been the last, and with no time
        // left nothing would check.
        if (!deadline.IsNone && (_mayReceive || deadline.HasPassed))
            _mayReceive = Socket.Poll(0, SelectMode.SelectRead);
        if (!_mayReceive)
            return _loop.Park(_receive, deadline);
        return HasCallsLeft() ? new ValueTask<bool>(true) : _loop.ParkUntilNextTurn(_receive);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (!_loop.IsCurrentThread)
            return HopToReceiveAsync(buffer);
        ThrowIfGone();
        return new ValueTask<int>(HasCallsLeft() ? ReceiveNow(buffer.Span) : NotReady);
    }

    public override ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (!_loop.IsCurrentThread)
            return HopToSendAsync(data);
        ThrowIfGone();
        int sent = HasCallsLeft() ? Math.Max(0, SendNow(data.Span)) : 0;
        return sent == data.Length ? new ValueTask<int>(sent) : SendLaterAsync(data, sent);
    }

    public override ValueTask<long> SendFileAsync(SafeFileHandle file, long offset, long count)
    {
        if (!Platform.IsLinux)
            return base.SendFileAsync(file, offset, count);
        return HopAsync(() => SendFileByKernelAsync(file, offset, count));
    }

    public override ValueTask FinishSendingAsync()
    {
        ThrowIfGone();
        return base.FinishSendingAsync();
    }

    public override void Interrupt() =>
        _loop.Post(static transport => ((EventLoopTransport)transport!).InterruptHere(), this);

    public override void Abort()
    {
        // The handler's close may run before the posted callback, and must not turn a reset into an orderly end.
        _aborted = true;
        if (_readiness is null)
            CloseHere();
        else
            _loop.Post(static transport => ((EventLoopTransport)transport!).CloseHere(), this);
    }

    public override void Close()
    {
        if (_loop.IsCurrentThread || _readiness is null)
            CloseHere();
        else
            _loop.Post(static transport => ((EventLoopTransport)transport!).CloseHere(), this);
    }

    private void InterruptHere()
    {
        // An operation parked only for its turn has input: an interrupt must not deny it.
        if (_receive.IsParked)
            _loop.Complete(_receive, result: _mayReceive);
        else
            _receiveInterrupted = true;
        if (_send.IsParked)
            _loop.Complete(_send, result: false);
        else
            _sendInterrupted = true;
    }

    private void CloseHere()
    {
        if (_closed)
            return;
        _closed = true;
        _loop.Leave();
        if (_readiness is not null)
            _loop.Disown(_readiness);
        if (_aborted)
            base.Abort();
        else
            base.Close();
        // The handler may have left with a call parked, or wait in one: both must see the end.
        _loop.Complete(_receive, error: new ObjectDisposedException(nameof(Transport)));
        _loop.Complete(_send, error: new ObjectDisposedException(nameof(Transport)));
    }

    private void ThrowIfGone() => ObjectDisposedException.ThrowIf(_closed || _aborted, this);

    // Separate methods, so that closures are allocated only for hops.
    private ValueTask<bool> HopToWaitAsync(Deadline deadline) => HopAsync(() => WaitToReceiveAsync(deadline));

    private ValueTask<int> HopToReceiveAsync(Memory<byte> buffer) => HopAsync(() => ReceiveAsync(buffer));

    private ValueTask<int> HopToSendAsync(ReadOnlyMemory<byte> data) => HopAsync(() => SendAsync(data));

    /// <summary>Runs a call on the loop's thread.</summary>
    private async ValueTask<T> HopAsync<T>(Func<ValueTask<T>> call)
    {
        if (_loop.IsCurrentThread)
            return await call();
        ObjectDisposedException.ThrowIf(_loop.Ended.IsCompleted, this);
        var result = new TaskCompletionSource<T>();
        _loop.Post(async _ =>
        {
            try
            {
                result.SetResult(await call());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }, null);
        return await result.Task.ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<int> SendLaterAsync(ReadOnlyMemory<byte> data, int sent)
    {
        while (sent < data.Length && await WaitToSendAsync())
            sent += Math.Max(0, SendNow(data.Span[sent..]));
        return sent;
    }

    private async ValueTask<long> SendFileByKernelAsync(SafeFileHandle file, long offset, long count)
    {
        long sent = 0;
        while (sent < count && await WaitToSendAsync())
            sent += TrySendFile(file, offset + sent, count - sent);
        return sent;
    }

    private ValueTask<bool> WaitToSendAsync()
    {
        ThrowIfGone();
        if (_sendInterrupted)
        {
            _sendInterrupted = false;
            return new ValueTask<bool>(false);
        }
        if (!_maySend)
            return _loop.Park(_send, Deadline.None);
        return HasCallsLeft() ? new ValueTask<bool>(true) : _loop.ParkUntilNextTurn(_send);
    }

    private int ReceiveNow(Span<byte> buffer)
    {
        int received = Platform.IsLinux
            ? Outcome(Libc.Receive(_readiness!.Descriptor, buffer, mayWait: false))
            : TryReceive(buffer);
        Count(received);
        if (received > 0)
            CountReceived(received);
        // A short read has emptied the socket (epoll(7), questions and answers, 9), unless more is hidden.
        if (received < 0 || (received > 0 && received < buffer.Length && !_hidesMore))
            _mayReceive = false;
        return received;
    }

    /// <returns>Below zero if it would block.</returns>
    private int SendNow(ReadOnlySpan<byte> data)
    {
        ThrowIfGone();
        int sent = Platform.IsLinux
            ? Outcome(Libc.Send(_readiness!.Descriptor, data, mayWait: false))
            : TrySend(data);
        Count(sent);
        if (sent > 0)
            CountSent(sent);
        else if (sent < 0)
            _maySend = false;
        return sent;
    }

    /// <returns>Bytes sent; 0 if it would block.</returns>
    private long TrySendFile(SafeFileHandle file, long offset, long count)
    {
        ThrowIfGone();
        // sendfile has no flag for a non-blocking call.
        if (Socket.Blocking)
            Socket.Blocking = false;
        using DescriptorLease source = new(file);
        long sent = Libc.SendFile(
            _readiness!.Descriptor, source.Descriptor, offset, Math.Min(count, LargestSendFileBytes));
        Count(sent);
        if (sent > 0)
        {
            CountSent(sent);
            return sent;
        }
        if (sent == 0)
            throw FileTooShort(count);
        if (sent != -Libc.EAGAIN)
            throw Libc.SendFileError((int)-sent);
        _maySend = false;
        return 0;
    }

    private bool HasCallsLeft()
    {
        _loop.LastCaller = Number;
        if (_turn != _loop.Turn)
        {
            _turn = _loop.Turn;
            _callsLeft = EventLoop.CallsPerTurn;
        }
        return _callsLeft > 0;
    }

    /// <summary>Counts a call of this turn; one that moves many bytes counts as several.</summary>
    private void Count(long bytes) => _callsLeft -= 1 + (int)(Math.Max(0, bytes) / EventLoop.BytesPerCall);

    private sealed class Readiness(EventLoopTransport transport, Socket socket) : Pollable(socket)
    {
        public override bool WantsInput => transport._receive.IsParked;

        public override bool WantsRoom => transport._send.IsParked;

        public override void OnReady(bool input, bool room, bool hidesMore)
        {
            transport._hidesMore |= hidesMore;
            if (input)
            {
                transport._mayReceive = true;
                transport.Loop.Complete(transport._receive);
            }
            if (room)
            {
                transport._maySend = true;
                transport.Loop.Complete(transport._send);
            }
        }

        public override void OnLoopEnded()
        {
            transport._aborted = true;
            transport.CloseHere();
        }
    }
}
