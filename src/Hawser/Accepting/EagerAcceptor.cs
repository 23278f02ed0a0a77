using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Hawser.Native;

namespace Hawser.Accepting;

/// <summary>A thread that only accepts. It empties the kernel's queue before it hands connections over; they start on
/// other threads.</summary>
internal sealed class EagerAcceptor
{
    // Handed over at once, so that the first of a long burst is not served last.
    private const int LargestBatch = 64;

    private readonly ListenerSet _listeners;
    private readonly CancellationToken _stopping;

    private readonly Channel<(AcceptedSocket Accepted, SocketException? Error)> _taken =
        Channel.CreateUnbounded<(AcceptedSocket, SocketException?)>(
            new UnboundedChannelOptions { SingleWriter = true });

    // Allocated while there is memory.
    private readonly SocketException _outOfMemory = new((int)SocketError.NoBufferSpaceAvailable);

    // An array: a generic collection of structs would be compiled between the first connection of the first burst and
    // the second, and a short backlog would overflow meanwhile.
    private readonly AcceptedSocket[] _batch = new AcceptedSocket[LargestBatch];
    private int _batched;
    private int _handedOver;
    private bool _isResting;
    private bool _hasFailed;

    private EagerAcceptor(ListenerSet listeners, CancellationToken stopping)
    {
        _listeners = listeners;
        _stopping = stopping;
    }

    /// <summary>The thread has met an error and waits until it is taken.</summary>
    public bool IsResting
    {
        get
        {
            lock (_taken)
                return _isResting;
        }
    }

    /// <summary>Loads the assembly of channels while there are descriptors.</summary>
    public static void WarmUp() => RuntimeHelpers.RunClassConstructor(typeof(Channel).TypeHandle);

    public static EagerAcceptor Start(ListenerSet listeners, CancellationToken stopping)
    {
        var acceptor = new EagerAcceptor(listeners, stopping);
        new Thread(acceptor.Run) { Name = "hawser accept", IsBackground = true }.UnsafeStart();
        return acceptor;
    }

    /// <summary>The next connection. After an error the thread pauses until the call after the one that threw it;
    /// connections accepted before the error come first.</summary>
    /// <exception cref="OperationCanceledException">The server stops, and none are left.</exception>
    /// <exception cref="SocketException">Accepting failed.</exception>
    public async ValueTask<AcceptedSocket> TakeAsync()
    {
        if (_hasFailed)
            GoOn();
        try
        {
            (AcceptedSocket accepted, SocketException? error) = await _taken.Reader.ReadAsync();
            _hasFailed = error is not null;
            return error is null ? accepted : throw error;
        }
        catch (ChannelClosedException)
        {
            throw new OperationCanceledException(_stopping);
        }
    }

    /// <summary>Takes a connection that is already accepted. An error stays for <see cref="TakeAsync"/>, which alone
    /// ends the thread's pause.</summary>
    public bool TryTake(out AcceptedSocket accepted)
    {
        accepted = default;
        if (!_taken.Reader.TryPeek(out var next) || next.Error is not null || !_taken.Reader.TryRead(out next))
            return false;
        accepted = next.Accepted;
        return true;
    }

    private void Run()
    {
        if (Platform.IsLinux)
            Libc.ShortenSlices();
        _listeners.PrepareThread();
        try
        {
            while (true)
                TakeAndHandOver();
        }
        catch (OperationCanceledException)
        {
            _taken.Writer.Complete();
        }
    }

    private void TakeAndHandOver()
    {
        try
        {
            SocketException? error = TakeBatch();
            for (; _handedOver < _batched; _handedOver++)
            {
                _taken.Writer.TryWrite((_batch[_handedOver], null));
                _batch[_handedOver] = default;
            }
            if (error is not null)
                Report(error);
        }
        catch (OutOfMemoryException)
        {
            // The rest of the batch comes with the next one.
        }
    }

    private void Report(SocketException error)
    {
        lock (_taken)
        {
            _isResting = true;
            _taken.Writer.TryWrite((default, error));
        }
        using CancellationTokenRegistration stop =
            _stopping.UnsafeRegister(static acceptor => ((EagerAcceptor)acceptor!).GoOn(), this);
        lock (_taken)
        {
            while (_isResting)
                Monitor.Wait(_taken);
        }
    }

    private void GoOn()
    {
        lock (_taken)
        {
            _isResting = false;
            Monitor.Pulse(_taken);
        }
    }

    /// <summary>Accepts all pending connections, at least one.</summary>
    private SocketException? TakeBatch()
    {
        try
        {
            // After an error, the previous batch may have some left.
            if (_handedOver == _batched)
            {
                (_handedOver, _batched) = (0, 0);
                _batch[0] = _listeners.Accept(_stopping);
                _batched = 1;
            }
            do
            {
                while (_batched < LargestBatch && _listeners.TryAccept(out _batch[_batched]))
                    _batched++;
            }
            while (_batched < LargestBatch && _listeners.HasMoreOfBurst());
            return null;
        }
        catch (SocketException e)
        {
            return e;
        }
        catch (OutOfMemoryException)
        {
            return _outOfMemory;
        }
    }
}
