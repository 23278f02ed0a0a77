namespace Hawser.Services.Message;

/// <summary>The queue for the output: first in, first out.</summary>
internal sealed class TurnQueue
{
    private readonly Lock _gate = new();

    // The first has the turn.
    private readonly LinkedList<Turn> _line = new();

    /// <summary>Takes a place at the end of the queue.</summary>
    public Turn Join(IncomingMessage message)
    {
        lock (_gate)
        {
            var turn = new Turn(this, message);
            _line.AddLast(turn.Place);
            if (_line.First == turn.Place)
                turn.Grant();
            return turn;
        }
    }

    /// <summary>Takes the turn if it is free.</summary>
    public Turn? TryTake(IncomingMessage message)
    {
        lock (_gate)
            return _line.Count == 0 ? Join(message) : null;
    }

    /// <summary>The messages ahead of one that waits for its turn; null if none waits.</summary>
    public List<IncomingMessage>? FindWaitedFor()
    {
        lock (_gate)
        {
            LinkedListNode<Turn>? last = _line.Last;
            while (last is not null && !last.Value.IsAwaited)
                last = last.Previous;
            if (last is null)
                return null;
            var ahead = new List<IncomingMessage>();
            for (LinkedListNode<Turn> place = _line.First!; place != last; place = place.Next!)
            {
                if (!place.Value.IsAwaited)
                    ahead.Add(place.Value.Message);
            }
            return ahead;
        }
    }

    private void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (turn.Place.List is null)
                return;
            bool hadTurn = _line.First == turn.Place;
            _line.Remove(turn.Place);
            if (hadTurn)
                _line.First?.Value.Grant();
        }
    }

    private async Task WaitAsync(Turn turn, CancellationToken cancel)
    {
        lock (_gate)
            turn.IsAwaited = !turn.HasCome;
        try
        {
            await turn.Come.WaitAsync(cancel);
        }
        finally
        {
            lock (_gate)
                turn.IsAwaited = false;
        }
    }

    /// <summary>A place in the queue; at its head, the right to write, until it is disposed.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly TurnQueue _queue;
        private readonly TaskCompletionSource _come = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Turn(TurnQueue queue, IncomingMessage message)
        {
            _queue = queue;
            Message = message;
            Place = new LinkedListNode<Turn>(this);
        }

        public IncomingMessage Message { get; }

        public bool HasCome => _come.Task.IsCompleted;

        internal LinkedListNode<Turn> Place { get; }

        internal Task Come => _come.Task;

        /// <summary>The message waits for its turn and for nothing else. Guarded by the queue's lock.</summary>
        internal bool IsAwaited { get; set; }

        /// <summary>Completes when it has the turn.</summary>
        /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
        public Task WaitAsync(CancellationToken cancel) => _queue.WaitAsync(this, cancel);

        /// <summary>Leaves the queue and passes on the turn.</summary>
        public void Dispose() => _queue.Leave(this);

        internal void Grant()
        {
            IsAwaited = false;
            _come.SetResult();
        }
    }
}
