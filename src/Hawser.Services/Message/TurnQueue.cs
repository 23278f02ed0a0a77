namespace Hawser.Services.Message;

/// <summary>Who may write to the output: one at a time, first come, first served.</summary>
internal sealed class TurnQueue
{
    private readonly Queue<Turn> _waiting = new();
    private readonly Lock _gate = new();
    private Turn? _current;

    /// <summary>Takes a place at the end of the line.</summary>
    public Turn Join()
    {
        lock (_gate)
        {
            var turn = new Turn(this);
            _waiting.Enqueue(turn);
            GrantNext();
            return turn;
        }
    }

    /// <summary>Takes the turn at once if nobody has it or waits for it.</summary>
    public Turn? TryTake()
    {
        lock (_gate)
            return _current is null ? Join() : null;
    }

    private void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (_current != turn)
                return;
            _current = null;
            GrantNext();
        }
    }

    private void GrantNext()
    {
        if (_current is null && _waiting.TryDequeue(out _current))
            _current.Grant();
    }

    /// <summary>A place in the line, and then the output's ownership until it is disposed.</summary>
    internal sealed class Turn(TurnQueue line) : IAsyncDisposable
    {
        private readonly TaskCompletionSource _come = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when the turn has come.</summary>
        public Task Come => _come.Task;

        public bool HasCome => Come.IsCompleted;

        /// <summary>Gives the turn to the next, once it has come.</summary>
        public async ValueTask DisposeAsync()
        {
            await Come;
            line.Leave(this);
        }

        internal void Grant() => _come.SetResult();
    }
}
