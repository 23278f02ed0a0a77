using System.Threading.Tasks.Sources;
using Hawser.Timing;

namespace Hawser.EventLoops;

/// <summary>A reusable awaitable, completed by an <see cref="EventLoop"/>: true when ready, false at the deadline or on
/// an interrupt.</summary>
/// <remarks>Belongs to the loop's thread and resumes its waiter there, inline.</remarks>
internal sealed class ParkedOperation : Scheduled, IValueTaskSource<bool>
{
    private Action<object?>? _continuation;
    private object? _state;
    private Exception? _error;
    private bool _completed;
    private bool _result;

    /// <summary>A wait is pending.</summary>
    public bool IsParked { get; private set; }

    /// <summary>Distinguishes this wait from earlier ones.</summary>
    public short Wait { get; private set; }

    /// <summary>Starts a wait.</summary>
    /// <exception cref="InvalidOperationException">A wait is already pending.</exception>
    public ValueTask<bool> Park(Deadline deadline)
    {
        if (IsParked)
            throw new InvalidOperationException("a connection allows one pending receive and one pending send");
        IsParked = true;
        Due = deadline.Timestamp;
        _completed = false;
        _error = null;
        _continuation = null;
        return new ValueTask<bool>(this, ++Wait);
    }

    /// <summary>Ends the pending wait, if any, and runs the waiter until it waits again.</summary>
    public void Complete(bool result, Exception? error = null)
    {
        if (!IsParked)
            return;
        IsParked = false;
        _result = result;
        _error = error;
        _completed = true;
        Action<object?>? continuation = _continuation;
        object? state = _state;
        _continuation = null;
        _state = null;
        continuation?.Invoke(state);
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        CheckToken(token);
        if (_error is not null)
            throw _error;
        return _result;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token)
    {
        CheckToken(token);
        if (!_completed)
            return ValueTaskSourceStatus.Pending;
        return _error is null ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted;
    }

    // The flags ask for the context to be kept: completion on the loop's thread keeps it.
    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        CheckToken(token);
        if (_completed)
        {
            continuation(state);
            return;
        }
        _state = state;
        _continuation = continuation;
    }

    private void CheckToken(short token)
    {
        if (token != Wait)
            throw new InvalidOperationException("the operation has already been awaited");
    }
}
