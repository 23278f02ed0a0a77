using System.Net;
using System.Net.Sockets;
using Hawser.EventLoops;

namespace Hawser.Transports;

/// <summary>One end of a stream within the process, to test handlers or serve clients without a socket. It waits as TCP
/// does: a reader for bytes, a writer for room.</summary>
public sealed class MemoryTransport : Transport
{
    /// <summary>The default capacity of one direction in bytes.</summary>
    public const int DefaultCapacity = 64 * 1024;

    private readonly Lock _gate;
    private readonly byte[] _input;
    private readonly Signal _arrived = new();
    private readonly Signal _room = new();
    private MemoryTransport _peer = null!;
    private int _start;
    private int _count;
    private bool _inputEnded;
    private bool _isBroken;
    private bool _isClosed;
    private bool _resetsUnlessFinished;
    private bool _hasFinished;

    private MemoryTransport(int capacity, Lock gate)
    {
        _input = new byte[capacity];
        _gate = gate;
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint => null;

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint => null;

    /// <inheritdoc/>
    public override bool IsBroken
    {
        get
        {
            lock (_gate)
                return _isBroken;
        }
    }

    /// <summary>Bytes that the peer has read.</summary>
    public override long BytesAcknowledged => _peer.BytesReceived;

    /// <summary>Creates both ends of a stream.</summary>
    /// <param name="capacity">Bytes that each direction holds before its writer waits.</param>
    public static (MemoryTransport Server, MemoryTransport Client) CreatePair(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var gate = new Lock();
        var server = new MemoryTransport(capacity, gate);
        var client = new MemoryTransport(capacity, gate) { _peer = server };
        server._peer = client;
        return (server, client);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> WaitToReceiveAsync(Deadline deadline)
    {
        if (deadline.HasPassed)
            return CanReceive();
        using PreciseTimer.Registration? timer =
            deadline.IsNone || CanReceive() ? null : PreciseTimer.Shared.Schedule(deadline, _arrived.Interrupt);
        while (!CanReceive())
        {
            if (!await _arrived.WaitAsync())
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        lock (_gate)
        {
            ThrowIfOver();
            if (_count == 0)
                return new ValueTask<int>(_inputEnded ? 0 : NotReady);
            int taken = Math.Min(buffer.Length, _count);
            int first = Math.Min(taken, _input.Length - _start);
            _input.AsSpan(_start, first).CopyTo(buffer.Span);
            _input.AsSpan(0, taken - first).CopyTo(buffer.Span[first..]);
            _start = (_start + taken) % _input.Length;
            _count -= taken;
            CountReceived(taken);
            _peer._room.Set();
            return new ValueTask<int>(taken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> SendAsync(ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        while (true)
        {
            int taken = Put(data.Span[sent..]);
            sent += taken;
            if (sent == data.Length || (taken == 0 && !await _room.WaitAsync()))
                return sent;
        }
    }

    /// <inheritdoc/>
    public override void Interrupt()
    {
        _arrived.Interrupt();
        _room.Interrupt();
    }

    /// <inheritdoc/>
    public override ValueTask FinishSendingAsync()
    {
        lock (_gate)
        {
            ThrowIfOver();
            _hasFinished = true;
            _peer._inputEnded = true;
        }
        _peer._arrived.Set();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void ResetUnlessFinished() => _resetsUnlessFinished = true;

    /// <inheritdoc/>
    public override void Abort() => End(isReset: true);

    /// <inheritdoc/>
    public override void Close() => End(isReset: _resetsUnlessFinished && !_hasFinished);

    private bool CanReceive()
    {
        lock (_gate)
            return _count > 0 || _inputEnded || _isBroken || _isClosed;
    }

    /// <returns>Bytes accepted.</returns>
    private int Put(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            ThrowIfOver();
            if (_peer._isClosed)
                throw new SocketException((int)SocketError.ConnectionReset);
            if (_hasFinished)
                throw new SocketException((int)SocketError.Shutdown);
            byte[] target = _peer._input;
            int taken = Math.Min(data.Length, target.Length - _peer._count);
            int end = (_peer._start + _peer._count) % target.Length;
            int first = Math.Min(taken, target.Length - end);
            data[..first].CopyTo(target.AsSpan(end));
            data[first..taken].CopyTo(target);
            _peer._count += taken;
            CountSent(taken);
            _peer._arrived.Set();
            return taken;
        }
    }

    private void End(bool isReset)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            // As over TCP, a close with unread input is a reset, and a reset discards what the peer has not read.
            bool breaks = isReset || _count > 0;
            _peer._isBroken |= breaks && !_peer._isClosed;
            _peer._inputEnded = true;
        }
        _arrived.Set();
        _room.Set();
        _peer._arrived.Set();
        _peer._room.Set();
    }

    private void ThrowIfOver()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_isBroken)
            throw new SocketException((int)SocketError.ConnectionReset);
    }

    /// <summary>Wakes one waiter, now or at its next wait.</summary>
    private sealed class Signal
    {
        private TaskCompletionSource<bool>? _waiter;
        private bool? _pending;

        /// <returns>False after an interrupt. True is a hint: check again.</returns>
        public ValueTask<bool> WaitAsync()
        {
            lock (this)
            {
                if (_pending is { } result)
                {
                    _pending = null;
                    return new ValueTask<bool>(result);
                }
                if (_waiter is not null)
                    throw new InvalidOperationException("a connection allows one pending receive and one pending send");
                _waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                return new ValueTask<bool>(_waiter.Task);
            }
        }

        public void Set() => End(true);

        public void Interrupt() => End(false);

        private void End(bool result)
        {
            lock (this)
            {
                if (_waiter is null)
                {
                    // A waiter that checks again finds what was set, but not an interrupt.
                    _pending = result && _pending is not false;
                }
                else
                    _waiter.SetResult(result);
                _waiter = null;
            }
        }
    }
}
