using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.Recycling;
using Hawser.Transports;

namespace Hawser;

/// <content>How a connection waits, and what ends its waits.</content>
public sealed partial class Connection
{
    // To end a wait, set its reason, then interrupt the transport: the loops below check every reason again. Only an abort
    // touches the stream.

    private const int DiscardBytes = 4096;

    private CancellationTokenSource? _aborted;
    private bool _isWatched;
    private int _lastReceived;

    private enum ReceiveTarget
    {
        Buffer,
        Memory,
        Pipe,
    }

    /// <summary>Fires when the connection is over for a reason outside its handler: the peer reset it, a limit or
    /// timeout struck, the drain time of a stop has passed, or somebody aborted it. For what a handler awaits besides
    /// its peer.</summary>
    /// <remarks>A reset is noticed within a quarter of a second while the handler neither reads nor writes; on a
    /// connection that is not a server's only when it reads or writes. Callbacks run on the server's
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

    /// <summary>A stop of the server ended the wait for the next message: the peer owes nothing, and is owed
    /// nothing.</summary>
    internal bool HasStoppedAtRest { get; private set; }

    /// <summary><see cref="Aborted"/> for somebody who reads or writes meanwhile, and so notices a reset.</summary>
    private CancellationToken AbortedToken
    {
        get
        {
            if (Volatile.Read(ref _aborted) is null)
            {
                Interlocked.CompareExchange(ref _aborted, new CancellationTokenSource(), null);
                // The end may have come before there was a token to tell it.
                if (EndedBy != CloseReason.None)
                    FireAborted();
            }
            return _aborted!.Token;
        }
    }

    /// <summary>The next bytes may go from the socket into the transport's pipe.</summary>
    internal bool CanUsePipe => _received.IsEmpty && !PeerHasFinished && _transport.TryUsePipe();

    /// <summary>Destroys the connection at once: the peer sees a reset, waiting calls throw. From any thread.</summary>
    public void Abort() => Abort(CloseReason.Aborted);

    /// <summary>Destroys the connection for a reason of the caller's: what waits throws it.</summary>
    public void Abort(CloseReason reason)
    {
        EndBy(reason);
        _transport.Abort();
    }

    /// <summary>Ends the wait for input: it throws a <see cref="ConnectionClosedException"/>, as every later one. The
    /// handler can still write.</summary>
    internal void Interrupt(CloseReason reason)
    {
        EndBy(reason);
        _transport.Interrupt();
    }

    /// <summary>Ends the wait between two messages, now or when it begins.</summary>
    internal void Stop()
    {
        _stopping = true;
        _transport.Interrupt();
    }

    /// <summary>Ends the connection if its layers have received nothing yet: they know nothing of the stop.</summary>
    internal void EndIfNothingHasCome()
    {
        if (LayeringSince == 0 || _transport.BytesReceived > 0)
            return;
        HasStoppedAtRest = true;
        Interrupt(CloseReason.ServerStopping);
    }

    /// <summary>Receives into the transport's pipe; 0 at the end.</summary>
    internal ValueTask<int> ReceiveIntoPipeAsync(CancellationToken cancel) =>
        ReceivePastAsync(ReceiveTarget.Pipe, default, cancel);

    /// <summary>Reads the peer to its end, and keeps nothing.</summary>
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

    /// <summary>Gives the buffers back, when nobody reads them any more.</summary>
    internal void ReturnBuffers()
    {
        // A receive that is still under way may write to it.
        if (_receiving)
            _received.Leave();
        else
            _received.Return();
        _output?.Return();
    }

    /// <summary>Puts bytes back in front of those that wait to be read.</summary>
    internal void Unread(ReadOnlySpan<byte> bytes) => _received.Prepend(bytes);

    internal static bool IsBroken(Exception e) => e is SocketException or ObjectDisposedException;

    /// <summary>Receives more bytes behind those in the buffer.</summary>
    /// <param name="deadline">When to give up.</param>
    /// <param name="atRest">Between two messages, where a stop of the server ends the wait.</param>
    /// <param name="cancel">Ends the wait.</param>
    private ValueTask<InputState> FillAsync(Deadline deadline, bool atRest, CancellationToken cancel) =>
        cancel.CanBeCanceled || deadline.VirtualTime is not null
            ? ReceiveInterruptiblyAsync(ReceiveTarget.Buffer, default, deadline, atRest, cancel)
            : ReceiveAsync(ReceiveTarget.Buffer, default, deadline, atRest, cancel);

    /// <summary>Receives past the buffer, which is empty.</summary>
    /// <returns>Bytes; 0 at the end.</returns>
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

    /// <summary>The one loop that waits for input. Whoever wants it to look at its reasons again interrupts the
    /// transport.</summary>
    [AsyncMethodBuilder(typeof(RecyclingBuilder<>))]
    private async ValueTask<InputState> ReceiveAsync(
        ReceiveTarget target, Memory<byte> memory, Deadline deadline, bool atRest, CancellationToken cancel)
    {
        if (PeerHasFinished)
            return InputState.Finished;
        BeginReceiving();
        try
        {
            while (true)
            {
                if (_received.IsEmpty)
                    _received.Return();
                ThrowIfOver(cancel);
                // What came before the stop was seen is a message still, and deserves its answer.
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
                _lastReceived = Check(received);
                return received > 0 ? InputState.Ready : InputState.Finished;
            }
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Closed(e);
        }
        finally
        {
            _receiving = false;
        }
    }

    private void BeginReceiving()
    {
        if (!_sending)
            _transport.BeginWait();
        _receiving = true;
    }

    private void ThrowIfOver(CancellationToken cancel)
    {
        if (EndedBy != CloseReason.None)
            throw Closed(null);
        if (!cancel.IsCancellationRequested && !(_isPipeReading && TakePipeReadCancel()))
            return;
        _transport.EndWait();
        throw new OperationCanceledException(cancel);
    }

    /// <summary>Transports know the system's clock only. Another interrupts by its timer.</summary>
    private DeadlineTimer? InterruptAt(Deadline deadline) =>
        deadline.VirtualTime is null || deadline.HasPassed ? null : new DeadlineTimer(deadline, _transport);

    private CancellationTokenRegistration InterruptOn(CancellationToken cancel) =>
        cancel.UnsafeRegister(static transport => ((Transport)transport!).Interrupt(), _transport);

    private int Check(int count)
    {
        // An abort or a close unblocks a receive as if the peer had finished.
        if (count == 0 && (EndedBy != CloseReason.None || _isDisposed))
            throw Closed(null);
        PeerHasFinished = count == 0;
        // Otherwise the wait itself tells when it began.
        if (_sending)
            _transport.MoveQuietSince();
        if (BytesReceived <= _scope.ByteLimit)
            return count;
        FireAborted();
        throw new ProtocolException($"at most {_scope.ByteLimit} bytes may be sent", CloseReason.ByteLimit);
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
        // A call that our own close has ended says nothing of the peer.
        bool byPeer = cause is SocketException
        {
            SocketErrorCode: not (SocketError.OperationAborted or SocketError.Interrupted),
        };
        if (byPeer)
            EndBy(CloseReason.PeerReset);
        return new ConnectionClosedException(EndedBy == CloseReason.None ? CloseReason.Aborted : EndedBy, cause);
    }
}
