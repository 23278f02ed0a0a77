using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Hawser.Transports;

/// <summary>Waits by completion for input on a socket: a receive that only looks, so that nothing is lost when somebody
/// stops waiting for it. It then stays pending, and serves the next wait.</summary>
internal sealed class InputWatch : SocketAsyncEventArgs, IValueTaskSource<bool>
{
    // Only looked at, never read: all connections may share it.
    private static readonly byte[] Peeked = new byte[1];

    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _wait;
    private bool _isPending;
    private bool _isAwaited;
    private bool _isInterrupted;
    private SocketError _error = SocketError.Success;

    public InputWatch(Socket socket) : base(true)
    {
        _socket = socket;
        SetBuffer(Peeked);
    }

    /// <summary>The look has found an error, which the socket itself says only once.</summary>
    public bool HasFailed => _error != SocketError.Success;

    /// <summary>Waits until there is input, an end or an error.</summary>
    /// <returns>False after <see cref="Interrupt"/>.</returns>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_isAwaited)
                throw new InvalidOperationException("a connection can wait for one receive and one send at a time");
            if (_isInterrupted)
            {
                _isInterrupted = false;
                return new ValueTask<bool>(false);
            }
            if (HasFailed)
                return new ValueTask<bool>(true);
            if (!_isPending)
            {
                // Each call leaves the flags of what it received here.
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

    /// <summary>What the look has found instead of input; it is forgotten. The system says it once, so that the receive
    /// would take a reset for the end.</summary>
    public SocketError TakeError()
    {
        lock (_gate)
        {
            SocketError error = _error;
            _error = SocketError.Success;
            return error;
        }
    }

    /// <summary>Ends the wait, or else the next one. From any thread.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _isInterrupted = !_isAwaited;
            if (!_isAwaited)
                return;
            _isAwaited = false;
        }
        // Not here: the waiter must not run on a thread that only wanted to end its wait.
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
