using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Hawser.Transports;

/// <summary>Waits for input by completion, with a pending peek: nothing is lost when a wait ends early. The peek stays
/// pending and serves the next wait.</summary>
internal sealed class InputWatch : SocketAsyncEventArgs, IValueTaskSource<bool>
{
    // Peeked, never read: all connections may share it.
    private static readonly byte[] Peeked = new byte[1];

    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _wait;
    private volatile bool _isPending;
    private bool _isAwaited;
    private bool _isInterrupted;
    private SocketError _error = SocketError.Success;

    public InputWatch(Socket socket) : base(true)
    {
        _socket = socket;
        SetBuffer(Peeked);
    }

    /// <summary>The peek found an error, which the socket reports only once.</summary>
    public bool HasFailed => _error != SocketError.Success;

    /// <summary>A peek is pending; to close the socket now resets it.</summary>
    public bool IsPending => _isPending;

    /// <summary>Waits until there is input, an end or an error.</summary>
    /// <returns>False after <see cref="Interrupt"/>.</returns>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_isAwaited)
                throw new InvalidOperationException("a connection allows one pending receive and one pending send");
            if (_isInterrupted)
            {
                _isInterrupted = false;
                return new ValueTask<bool>(false);
            }
            if (HasFailed)
                return new ValueTask<bool>(true);
            if (!_isPending)
            {
                // Each call overwrites the flags.
                SocketFlags = SocketFlags.Peek;
                _isPending = _socket.ReceiveAsync(this);
                if (!_isPending)
                {
                    _error = SocketError;
                    return new ValueTask<bool>(true);
                }
            }
            _isAwaited = true;
            return new ValueTask<bool>(this, _wait.Version);
        }
    }

    /// <summary>Consumes the error of the peek. The system reports it once, so the receive would take a reset for the
    /// end.</summary>
    public SocketError TakeError()
    {
        lock (_gate)
        {
            SocketError error = _error;
            _error = SocketError.Success;
            return error;
        }
    }

    /// <summary>Ends the pending wait, or else the next one. Thread-safe.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _isInterrupted = !_isAwaited;
            if (!_isAwaited)
                return;
            _isAwaited = false;
        }
        // Not inline: the waiter must not run on the interrupting thread.
        ThreadPool.UnsafeQueueUserWorkItem(static watch => watch._wait.SetResult(false), this, preferLocal: false);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        lock (_gate)
        {
            _isPending = false;
            _error = SocketError;
            if (!_isAwaited)
                return;
            _isAwaited = false;
        }
        _wait.SetResult(true);
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool result = _wait.GetResult(token);
        _wait.Reset();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
