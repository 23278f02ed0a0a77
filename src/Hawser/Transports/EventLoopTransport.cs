using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.EventLoops;
using Hawser.Native;
using Hawser.Recycling;
using Microsoft.Win32.SafeHandles;

namespace Hawser.Transports;

/// <summary>Waits by readiness: a call that would have to wait parks, and its <see cref="EventLoop"/> resumes it,
/// inline, on the loop's own thread.</summary>
/// <remarks>Made and used on the loop's thread; only <see cref="Abort"/> and
/// <see cref="SocketTransport.StopReceiving"/> come from elsewhere.</remarks>
internal sealed class EventLoopTransport : SocketTransport
{
    private readonly EventLoop _loop;
    private readonly Readiness _readiness;
    private readonly ParkedOperation _receive = new();
    private readonly ParkedOperation _send = new();
    private bool _closed;
    private volatile bool _aborted;
    private bool _mayReceive;
    private bool _maySend = true;
    private bool _final;
    private int _turn;
    private int _callsLeft;

    public EventLoopTransport(EventLoop loop, Socket socket) : base(socket)
    {
        _loop = loop;
        _readiness = new Readiness(this, socket);
        loop.Poller.Add(_readiness);
    }

    public override ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        // What a deadline is to end must be known, not guessed: a read that filled its buffer may have been the last,
        // and with no time left nobody would look.
        if (!deadline.IsNone && (_mayReceive || deadline.HasPassed))
            _mayReceive = Socket.Poll(0, SelectMode.SelectRead);
        if (!_mayReceive)
            return _loop.Park(_receive, deadline);
        return HasCallsLeft() ? new ValueTask<bool>(true) : _loop.ParkUntilNextTurn(_receive);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (HasCallsLeft())
        {
            int received = TryReceive(buffer.Span);
            if (received >= 0)
                return new ValueTask<int>(received);
        }
        return ReceiveLaterAsync(buffer);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> data)
    {
        if (HasCallsLeft())
        {
            int sent = TrySend(data.Span);
            if (sent == data.Length)
                return ValueTask.CompletedTask;
            data = data[Math.Max(0, sent)..];
        }
        return SendLaterAsync(data);
    }

    public override ValueTask SendFileAsync(SafeFileHandle file, long offset, long count) =>
        OperatingSystem.IsLinux()
            ? SendFileByKernelAsync(file, offset, count)
            : base.SendFileAsync(file, offset, count);

    public override void Abort()
    {
        // The handler's own close comes before what is posted here, and must not turn a reset into an orderly end.
        _aborted = true;
        _loop.Post(static transport => ((EventLoopTransport)transport!).Close(), this);
    }

    public override void Close()
    {
        if (_closed)
            return;
        _closed = true;
        _loop.Poller.Remove(_readiness);
        if (_aborted)
            base.Abort();
        else
            base.Close();
        // A handler may have left with a call parked, or be waiting in one: both must hear of the end.
        _loop.Complete(_receive, error: new ObjectDisposedException(nameof(Transport)));
        _loop.Complete(_send, error: new ObjectDisposedException(nameof(Transport)));
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<int> ReceiveLaterAsync(Memory<byte> buffer)
    {
        int received;
        do
        {
            await WaitToReceiveAsync(Deadline.None);
        }
        while ((received = TryReceive(buffer.Span)) < 0);
        return received;
    }

    [AsyncMethodBuilder(typeof(RecyclingVoidBuilder))]
    private async ValueTask SendLaterAsync(ReadOnlyMemory<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            await WaitToSendAsync();
            int sent = TrySend(rest.Span);
            if (sent > 0)
                rest = rest[sent..];
        }
    }

    private async ValueTask SendFileByKernelAsync(SafeFileHandle file, long offset, long count)
    {
        while (count > 0)
        {
            await WaitToSendAsync();
            long sent = TrySendFile(file, offset, count);
            if (sent == 0)
                throw FileTooShort(count);
            if (sent < 0)
                continue;
            CountSent(sent);
            offset += sent;
            count -= sent;
        }
    }

    private ValueTask<bool> WaitToSendAsync()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (!_maySend)
            return _loop.Park(_send, Deadline.None);
        return HasCallsLeft() ? new ValueTask<bool>(true) : _loop.ParkUntilNextTurn(_send);
    }

    /// <returns>Below zero when it would have to wait.</returns>
    private int TryReceive(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        int received = _loop.Poller.Receive(_readiness, buffer);
        // What is received must be worked off too: a large receive is as good as several.
        _callsLeft -= 1 + Math.Max(0, received) / EventLoop.BytesPerCall;
        if (received > 0)
            CountReceived(received);
        // A short read has emptied the socket (epoll(7), questions and answers, 9), unless the end comes next.
        if (received < buffer.Length && !_final && received != 0)
            _mayReceive = false;
        return received;
    }

    private int TrySend(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        _callsLeft--;
        int sent = _loop.Poller.Send(_readiness, data);
        if (sent > 0)
            CountSent(sent);
        else if (sent < 0)
            _maySend = false;
        return sent;
    }

    private long TrySendFile(SafeFileHandle file, long offset, long count)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        _callsLeft--;
        using DescriptorLease source = new(file);
        long sent = Libc.SendFile(_readiness.Descriptor, source.Descriptor, offset, count);
        if (sent == -Libc.EAGAIN)
            _maySend = false;
        else if (sent < 0)
            throw Libc.SocketError((int)-sent);
        return sent;
    }

    private bool HasCallsLeft()
    {
        if (_turn != _loop.Turn)
        {
            _turn = _loop.Turn;
            _callsLeft = EventLoop.CallsPerTurn;
        }
        return _callsLeft > 0;
    }

    /// <summary>What the poller sees of the connection.</summary>
    private sealed class Readiness(EventLoopTransport transport, Socket socket) : Pollable(socket)
    {
        public override bool WantsInput => transport._receive.IsParked;

        public override bool WantsRoom => transport._send.IsParked;

        public override void OnReady(bool input, bool room, bool final)
        {
            transport._final |= final;
            if (input)
            {
                transport._mayReceive = true;
                transport._loop.Complete(transport._receive);
            }
            if (room)
            {
                transport._maySend = true;
                transport._loop.Complete(transport._send);
            }
        }
    }
}
