using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.Recycling;
using Hawser.Transports;

namespace Hawser;

/// <content>How a connection waits, and what ends its waits.</content>
public sealed partial class Connection
{
    // To end a wait, set its reason, then interrupt the transport: the loops below check every reason again. Only an
    // abort affects the stream.

    private const int DiscardBytes = 4096;

    private CancellationTokenSource? _aborted;
    private bool _isWatched;
    private bool _isAtRest;
    private int _lastReceived;

    private enum ReceiveTarget
    {
        Buffer,
        Memory,
        Pipe,
    }

    /// <summary>Fires when the connection ends from outside its handler: a reset by the peer, a limit, a timeout, the
    /// end of the drain timeout, or an abort. For handlers that await something other than the peer.</summary>
    /// <remarks>While the handler neither reads nor writes, a server notices a reset within 250 ms. A client's
    /// connection notices it only when it reads or writes. Callbacks run on
    /// <see cref="ServerOptions.Scheduler"/>.</remarks>
    public CancellationToken Aborted
    {
        get
        {
            if (!_isWatched)
            {
                _isWatched = true;
                _scope.Watch(this);
            }
            return AbortedToken;
        }
    }

    /// <summary>A stop ended the wait for the next message. Neither side owes the other anything.</summary>
    internal bool HasStoppedAtRest { get; private set; }

    /// <summary>It waits for the rest of a message, or for the peer to read; not for the next message.</summary>
    internal bool AwaitsProgress => _sending || (_receiving && !_isAtRest);

    /// <summary><see cref="Aborted"/> without polling for a reset, for code that reads or writes anyway.</summary>
    private CancellationToken AbortedToken
    {
        get
        {
            if (Volatile.Read(ref _aborted) is null)
            {
                Interlocked.CompareExchange(ref _aborted, new CancellationTokenSource(), null);
                // The connection may have ended before the token existed.
                if (EndedBy != CloseReason.None || BytesReceived > _scope.ByteLimit)
                    FireAborted();
            }
            return _aborted!.Token;
        }
    }

    /// <summary>The next bytes may go from the socket into the transport's pipe.</summary>
    internal bool CanUsePipe => _received.IsEmpty && !PeerHasFinished && _transport.TryUsePipe();

    /// <summary>Resets the connection: pending calls throw. Thread-safe.</summary>
    public void Abort() => Abort(CloseReason.Aborted);

    /// <summary>Resets the connection; pending calls throw the reason. Thread-safe. A Unix domain socket has no reset:
    /// its peer reads the end of the stream.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="CloseReason.None"/>.</exception>
    public void Abort(CloseReason reason)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(reason, CloseReason.None);
        EndBy(reason);
        _transport.Abort();
    }

    /// <summary>Ends the wait for input: this and every later wait throws a <see cref="ConnectionClosedException"/>.
    /// The handler can still write.</summary>
    internal void Interrupt(CloseReason reason)
    {
        EndBy(reason);
        _transport.Interrupt();
    }

    /// <summary>Ends the wait between two messages, now or when it starts.</summary>
    internal void Stop()
    {
        _stopping = true;
        _transport.Interrupt();
    }

    /// <summary>Ends the connection if its layers have received nothing: layers do not handle a stop.</summary>
    internal void EndIfSilent()
    {
        if (LayeringSince == 0 || _transport.BytesReceived > 0)
            return;
        HasStoppedAtRest = true;
        Interrupt(CloseReason.ServerStopping);
    }

    internal ValueTask<int> ReceiveIntoPipeAsync(CancellationToken cancel) =>
        ReceivePastAsync(ReceiveTarget.Pipe, default, cancel);

    /// <summary>Reads and discards input up to the peer's end.</summary>
    internal async ValueTask DiscardInputAsync(Deadline deadline)
    {
        using DeadlineTimer? timer = InterruptAt(deadline);
        byte[] discarded = ArrayPool<byte>.Shared.Rent(DiscardBytes);
        try
        {
            int received = Transport.NotReady;
            while (received != 0 && !deadline.HasPassed)
            {
                if (await _transport.WaitToReceiveAsync(deadline.OnSystemClock))
                    received = await _transport.ReceiveAsync(discarded);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(discarded);
        }
    }

    /// <summary>Returns the buffers at the end of the connection.</summary>
    internal void ReturnBuffers()
    {
        // A pending receive may still write to it.
        if (_receiving)
            _received.Leave();
        else
            _received.Return();
        _output?.Return();
    }

    /// <summary>Puts bytes back in front of the unread ones.</summary>
    internal void Unread(ReadOnlySpan<byte> bytes) => _received.Prepend(bytes);

    internal static bool IsBroken(Exception e) => e is SocketException or ObjectDisposedException;

    /// <summary>Receives bytes behind the buffered ones.</summary>
    /// <param name="deadline">Ends the wait with <see cref="InputState.TimedOut"/>.</param>
    /// <param name="atRest">Between two messages, where a stop of the server ends the wait.</param>
    /// <param name="cancel">Ends the wait.</param>
    private ValueTask<InputState> FillAsync(Deadline deadline, bool atRest, CancellationToken cancel) =>
        cancel.CanBeCanceled || deadline.VirtualTime is not null
            ? ReceiveInterruptiblyAsync(ReceiveTarget.Buffer, default, deadline, atRest, cancel)
            : ReceiveAsync(ReceiveTarget.Buffer, default, deadline, atRest, cancel);

    /// <summary>Receives without the buffer, which is empty.</summary>
    /// <returns>Bytes received; 0 at the end.</returns>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<int> ReceivePastAsync(ReceiveTarget target, Memory<byte> memory, CancellationToken cancel)
    {
        InputState state = cancel.CanBeCanceled
            ? await ReceiveInterruptiblyAsync(target, memory, Deadline.None, atRest: false, cancel)
            : await ReceiveAsync(target, memory, Deadline.None, atRest: false, cancel);
        return state == InputState.Finished ? 0 : _lastReceived;
    }

    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> ReceiveInterruptiblyAsync(
        ReceiveTarget target, Memory<byte> memory, Deadline deadline, bool atRest, CancellationToken cancel)
    {
        using CancellationTokenRegistration interrupt = InterruptOn(cancel);
        using DeadlineTimer? timer = InterruptAt(deadline);
        return await ReceiveAsync(target, memory, deadline, atRest, cancel);
    }

    /// <summary>The only loop that waits for input. An interrupt of the transport makes it check its reasons
    /// again.</summary>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> ReceiveAsync(
        ReceiveTarget target, Memory<byte> memory, Deadline deadline, bool atRest, CancellationToken cancel)
    {
        if (PeerHasFinished)
            return InputState.Finished;
        BeginReceiving(atRest);
        try
        {
            while (true)
            {
                if (_received.IsEmpty)
                    _received.Return();
                ThrowIfOver(cancel);
                // Input that arrived before the stop is still a message and gets its answer.
                bool stopping = atRest && _stopping;
                if (!await _transport.WaitToReceiveAsync(stopping ? Deadline.Passed : deadline.OnSystemClock))
                {
                    if (stopping)
                    {
                        HasStoppedAtRest = true;
                        return InputState.Stopping;
                    }
                    if (deadline.HasPassed)
                    {
                        _transport.EndWait();
                        return InputState.TimedOut;
                    }
                    continue;
                }
                int received = target switch
                {
                    ReceiveTarget.Buffer => await _transport.ReceiveAsync(_received.MakeRoom()),
                    ReceiveTarget.Memory => await _transport.ReceiveAsync(memory),
                    _ => _transport.ReceiveIntoPipe(),
                };
                if (received < 0)
                    continue;
                if (target == ReceiveTarget.Buffer)
                    _received.Add(received);
                // Otherwise the last buffer would be held, and count, until the connection is closed.
                if (received == 0 && _received.IsEmpty)
                    _received.Return();
                _lastReceived = Check(received);
                if (received == 0)
                    return InputState.Finished;
                _requests.Receive(_scope.Metrics);
                return InputState.Ready;
            }
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        catch (ConnectionClosedException) when (EndedBy != CloseReason.None || _isDisposed)
        {
            // An abort ends a receive as if the peer had finished, which a layer takes for a truncation.
            throw Closed(null);
        }
        finally
        {
            _receiving = false;
        }
    }

    /// <exception cref="InvalidOperationException">A read is pending.</exception>
    private void BeginReceiving(bool atRest)
    {
        if (_receiving)
            throw TwoAtOnce("read");
        HasStoppedAtRest = false;
        if (!_sending)
            _transport.BeginWait();
        _isAtRest = atRest;
        _receiving = true;
    }

    private static InvalidOperationException TwoAtOnce(string call) => new(
        $"a {call} is pending; a connection allows one read and one write at a time");

    private void ThrowIfOver(CancellationToken cancel)
    {
        if (EndedBy != CloseReason.None)
            throw Closed(null);
        if (!cancel.IsCancellationRequested && !(_isPipeReading && TakePipeReadCancel()))
            return;
        _transport.EndWait();
        throw new OperationCanceledException(cancel);
    }

    /// <summary>Transports know only the system's clock. Another clock interrupts through its own timer.</summary>
    private DeadlineTimer? InterruptAt(Deadline deadline) =>
        deadline.VirtualTime is null || deadline.HasPassed ? null : new DeadlineTimer(deadline, _transport);

    private CancellationTokenRegistration InterruptOn(CancellationToken cancel) =>
        cancel.UnsafeRegister(static transport => ((Transport)transport!).Interrupt(), _transport);

    private int Check(int count)
    {
        // An abort or a close ends a receive as if the peer had finished.
        if (count == 0 && (EndedBy != CloseReason.None || _isDisposed))
            throw Closed(null);
        PeerHasFinished = count == 0;
        // Otherwise the wait itself records its start.
        if (_sending)
            _transport.MoveQuietSince();
        if (BytesReceived <= _scope.ByteLimit)
            return count;
        FireAborted();
        throw new ProtocolException($"input exceeds {_scope.ByteLimit} bytes", CloseReason.ByteLimit);
    }

    private void EndBy(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _endedBy, (int)reason, (int)CloseReason.None) == (int)CloseReason.None)
            FireAborted();
    }

    private void FireAborted()
    {
        if (Volatile.Read(ref _aborted) is { } aborted)
            _scope.Cancel(aborted);
    }

    private ConnectionClosedException Closed(Exception? cause)
    {
        // A call that ended because we closed the socket says nothing about the peer.
        bool byPeer = !_isDisposed && cause is SocketException
        {
            SocketErrorCode: not (SocketError.OperationAborted or SocketError.Interrupted
                or SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable),
        };
        if (byPeer)
            EndBy(CloseReason.PeerReset);
        return new ConnectionClosedException(EndedBy == CloseReason.None ? CloseReason.Aborted : EndedBy, cause);
    }
}
