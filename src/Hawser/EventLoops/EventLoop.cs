using System.Collections.Concurrent;
using System.Diagnostics;
using Hawser.Native;
using Hawser.Timing;

namespace Hawser.EventLoops;

/// <summary>One thread that waits for sockets, deadlines and posted work, and runs what becomes ready. It owns its
/// sockets and closes them when it ends.</summary>
/// <remarks>Work that computes or blocks on this thread stalls every connection of the loop. An <c>await</c> of
/// anything else returns here through the loop's <see cref="SynchronizationContext"/>.</remarks>
internal sealed class EventLoop
{
    /// <summary>Socket calls that one connection may make per turn.</summary>
    public const int CallsPerTurn = 64;

    /// <summary>Posted callbacks run per turn, so that a burst of new connections does not starve established
    /// ones.</summary>
    public const int PostsPerTurn = 64;

    /// <summary>Bytes moved that count as one more call.</summary>
    public const int BytesPerCall = 16 * 1024;

    private readonly IPoller _poller;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly DeadlineHeap<ParkedOperation> _deadlines = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<(ParkedOperation Operation, short Wait)> _nextTurn = new();
    private Queue<(ParkedOperation Operation, short Wait)> _thisTurn = new();
    private int _residents;
    private int _wakePending;
    private bool _ending;
    private bool _isStarted;

    public EventLoop(string name, IPoller poller)
    {
        _poller = poller;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>The number of the current turn. The budget of calls applies per turn.</summary>
    public long Turn { get; private set; }

    public bool IsCurrentThread => Thread.CurrentThread == _thread;

    /// <summary>Connections on the loop, or about to be.</summary>
    public int Residents => Volatile.Read(ref _residents);

    /// <summary>How its thread spends its time.</summary>
    public LoopTime Time => _poller.Time;

    /// <summary>The <see cref="AcceptedSocket.Number"/> of the connection that made the last call of a callback; 0 if none
    /// did, and for streams without a number.</summary>
    public long LastCaller { get; set; }

    /// <summary>Completes when the thread has left the loop; faults if the loop failed.</summary>
    public Task Ended => _ended.Task;

    /// <exception cref="OutOfMemoryException">The system has no thread left.</exception>
    public void Start()
    {
        _thread.UnsafeStart();
        _isStarted = true;
    }

    /// <summary>Watches a socket until <see cref="Disown"/> or the end of the loop. On the loop's thread.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    public void Own(Pollable pollable)
    {
        ObjectDisposedException.ThrowIf(!IsCurrentThread || _ending, this);
        _poller.Add(pollable);
    }

    /// <summary>Counts a connection that will live here. Thread-safe.</summary>
    public void Enter() => Interlocked.Increment(ref _residents);

    /// <summary>Uncounts it. Thread-safe.</summary>
    public void Leave() => Interlocked.Decrement(ref _residents);

    /// <summary>Stops watching a socket before it is closed; does nothing if it is not watched. On the loop's
    /// thread.</summary>
    public void Disown(Pollable pollable)
    {
        if (pollable.Slot >= 0)
            _poller.Remove(pollable);
    }

    /// <summary>Runs a callback on the loop's thread, in order of posting; on the thread pool once the loop has ended.
    /// Thread-safe.</summary>
    public void Post(SendOrPostCallback callback, object? state)
    {
        _posted.Enqueue((callback, state));
        if (Ended.IsCompleted)
            RunPostedElsewhere();
        else if (!IsCurrentThread && Interlocked.Exchange(ref _wakePending, 1) == 0)
            _poller.Wake();
    }

    /// <summary>Runs an asynchronous method on the loop's thread. Thread-safe.</summary>
    public Task RunAsync(Func<Task> body)
    {
        var result = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(async _ =>
        {
            try
            {
                await body();
                result.SetResult();
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }, null);
        return result.Task;
    }

    /// <summary>Ends the thread after the work posted so far, and closes the loop's sockets.</summary>
    public void End()
    {
        if (_isStarted)
            Post(static loop => ((EventLoop)loop!)._ending = true, this);
        else if (_ended.TrySetResult())
            _poller.Dispose();
    }

    /// <summary>Parks an operation until it is completed or the deadline passes.</summary>
    public ValueTask<bool> Park(ParkedOperation operation, Deadline deadline)
    {
        ValueTask<bool> wait = operation.Park(deadline);
        if (!deadline.IsNone)
            _deadlines.Add(operation);
        return wait;
    }

    /// <summary>Parks an operation until the other connections have had their turn.</summary>
    public ValueTask<bool> ParkUntilNextTurn(ParkedOperation operation)
    {
        ValueTask<bool> wait = operation.Park(Deadline.None);
        _nextTurn.Enqueue((operation, operation.Wait));
        return wait;
    }

    /// <summary>Completes an operation if it is parked; its waiter runs before this returns.</summary>
    public void Complete(ParkedOperation operation, bool result = true, Exception? error = null)
    {
        _deadlines.Remove(operation);
        operation.Complete(result, error);
        EndCallback();
    }

    private void Run()
    {
        SynchronizationContext.SetSynchronizationContext(new LoopContext(this));
        if (Platform.IsLinux)
            Libc.TightenTimers();
        try
        {
            while (!_ending)
            {
                Turn++;
                _poller.Poll(TimeToWait());
                RunPosted();
                RunPassed();
                RunNextTurn();
            }
            foreach (Pollable pollable in _poller.Watched.ToList())
                pollable.OnLoopEnded();
            _poller.Dispose();
            _ended.SetResult();
            RunPostedElsewhere();
        }
        catch (Exception e)
        {
            _ended.SetException(e);
            throw;
        }
    }

    private long TimeToWait()
    {
        if (_nextTurn.Count > 0 || !_posted.IsEmpty)
            return 0;
        return _deadlines.First is { } first ? Deadline.At(first.Due).RemainingNanoseconds : -1;
    }

    private void RunPosted()
    {
        // Cleared before the queue is read, so that a later post wakes the next wait.
        Interlocked.Exchange(ref _wakePending, 0);
        for (int left = Math.Min(_posted.Count, PostsPerTurn); left > 0 && _posted.TryDequeue(out var work); left--)
        {
            work.Callback(work.State);
            EndCallback();
        }
    }

    private void RunPassed()
    {
        if (_deadlines.Count == 0)
            return;
        // An operation that waits again with a passed deadline runs in the next turn.
        long now = Stopwatch.GetTimestamp();
        for (int left = _deadlines.Count; left > 0 && _deadlines.TakeDue(now) is { } passed; left--)
        {
            passed.Complete(false);
            EndCallback();
        }
    }

    private void EndCallback()
    {
        Time.Ran();
        LastCaller = 0;
    }

    private void RunPostedElsewhere()
    {
        while (_posted.TryDequeue(out var work))
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Callback(work.State), work, preferLocal: false);
    }

    private void RunNextTurn()
    {
        (_thisTurn, _nextTurn) = (_nextTurn, _thisTurn);
        while (_thisTurn.TryDequeue(out (ParkedOperation Operation, short Wait) entry))
        {
            // An operation completed meanwhile may be in another wait.
            if (entry.Operation.Wait == entry.Wait)
                entry.Operation.Complete(true);
            EndCallback();
        }
    }

    private sealed class LoopContext(EventLoop loop) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => loop.Post(d, state);

        public override void Send(SendOrPostCallback d, object? state)
        {
            if (!loop.IsCurrentThread)
                throw new NotSupportedException("Send to an event loop could deadlock; use Post");
            d(state);
        }

        public override SynchronizationContext CreateCopy() => this;
    }
}
