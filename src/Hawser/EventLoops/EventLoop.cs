using System.Collections.Concurrent;
using System.Diagnostics;
using Hawser.Native;

namespace Hawser.EventLoops;

/// <summary>One thread that waits for many sockets, deadlines and posted work, and runs whatever became ready. It owns
/// the sockets that live on it: when it ends, they are closed.</summary>
/// <remarks>
/// Work that computes or blocks on this thread stalls every connection of the loop: that is the nature of the model.
/// An <c>await</c> of something foreign comes back here through the loop's <see cref="SynchronizationContext"/>.
/// </remarks>
internal sealed class EventLoop
{
    /// <summary>How many socket calls one connection may make in one turn before the others get theirs.</summary>
    public const int CallsPerTurn = 64;

    /// <summary>How much posted work is done in one turn: a burst of new connections must not starve established
    /// ones.</summary>
    public const int PostsPerTurn = 64;

    /// <summary>Bytes moved at once that count as a call more.</summary>
    public const int BytesPerCall = 16 * 1024;

    // Milliseconds.
    private const long LongTurn = 50;

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

    public EventLoop(string name, IPoller poller)
    {
        _poller = poller;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>The number of the current turn; a connection's budget of calls is for one turn.</summary>
    public int Turn { get; private set; }

    public bool IsCurrentThread => Thread.CurrentThread == _thread;

    /// <summary>Connections that live here, or are about to.</summary>
    public int Residents => Volatile.Read(ref _residents);

    /// <summary>Something blocks its thread: the turn lasts longer than any that only moves bytes.</summary>
    public bool IsBlocked =>
        _poller.BusySince is not IPoller.Waiting and var since && Environment.TickCount64 - since > LongTurn;

    /// <summary>Completes when the thread has left the loop; faults if the loop itself failed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.UnsafeStart();

    /// <summary>Watches a socket until <see cref="Disown"/> or the end of the loop. On the loop's thread.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    public void Own(Pollable pollable)
    {
        ObjectDisposedException.ThrowIf(!IsCurrentThread || _ending, this);
        _poller.Add(pollable);
    }

    /// <summary>A connection is to live here. From any thread.</summary>
    public void Enter() => Interlocked.Increment(ref _residents);

    /// <summary>A connection that entered has ended. From any thread.</summary>
    public void Leave() => Interlocked.Decrement(ref _residents);

    /// <summary>Forgets a socket that is about to be closed; does nothing if it is not watched. On the loop's
    /// thread.</summary>
    public void Disown(Pollable pollable)
    {
        if (pollable.Slot >= 0)
            _poller.Remove(pollable);
    }

    /// <summary>Runs a callback on the loop's thread, in order of posting; once the loop has ended, on the thread pool.
    /// From any thread.</summary>
    public void Post(SendOrPostCallback callback, object? state)
    {
        _posted.Enqueue((callback, state));
        if (Ended.IsCompleted)
            RunPostedElsewhere();
        else if (!IsCurrentThread && Interlocked.Exchange(ref _wakePending, 1) == 0)
            _poller.Wake();
    }

    /// <summary>Runs an asynchronous method on the loop's thread. From any thread.</summary>
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

    /// <summary>Ends the thread after the work posted so far, and closes what lives on the loop.</summary>
    public void End() => Post(static loop => ((EventLoop)loop!)._ending = true, this);

    /// <summary>Parks an operation until somebody completes it or the deadline passes.</summary>
    public ValueTask<bool> Park(ParkedOperation operation, Deadline deadline)
    {
        ValueTask<bool> wait = operation.Park(deadline);
        if (!deadline.IsNone)
            _deadlines.Add(operation);
        return wait;
    }

    /// <summary>Parks an operation that could go on at once, until the other connections have had their turn.</summary>
    public ValueTask<bool> ParkUntilNextTurn(ParkedOperation operation)
    {
        ValueTask<bool> wait = operation.Park(Deadline.None);
        _nextTurn.Enqueue((operation, operation.Wait));
        return wait;
    }

    /// <summary>Completes a parked operation, if it is one; its waiter runs before this returns.</summary>
    public void Complete(ParkedOperation operation, bool result = true, Exception? error = null)
    {
        _deadlines.Remove(operation);
        operation.Complete(result, error);
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
        // Cleared before the queue is read: a post from now on wakes the next wait.
        Interlocked.Exchange(ref _wakePending, 0);
        for (int left = Math.Min(_posted.Count, PostsPerTurn); left > 0 && _posted.TryDequeue(out var work); left--)
            work.Callback(work.State);
    }

    private void RunPassed()
    {
        if (_deadlines.Count == 0)
            return;
        // One that waits again with no time left is taken next turn, after the others.
        long now = Stopwatch.GetTimestamp();
        for (int left = _deadlines.Count; left > 0 && _deadlines.TakeDue(now) is { } passed; left--)
            passed.Complete(false);
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
            // One that was completed meanwhile may wait for something else by now.
            if (entry.Operation.Wait == entry.Wait)
                entry.Operation.Complete(true);
        }
    }

    private sealed class LoopContext(EventLoop loop) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => loop.Post(d, state);

        public override void Send(SendOrPostCallback d, object? state)
        {
            if (!loop.IsCurrentThread)
                throw new NotSupportedException("waiting for an event loop could wait for ever; post to it instead");
            d(state);
        }

        public override SynchronizationContext CreateCopy() => this;
    }
}
