namespace Hawser.Transports;

/// <summary>A token bucket whose users wait in line and take a quantum at a time, so that each gets an equal share of
/// the rate. Thread-safe.</summary>
/// <remarks>The head of the line gets its quantum as soon as there is any token, so the bucket may be overdrawn by one
/// quantum: otherwise a small message would wait until a whole quantum has gathered.</remarks>
internal sealed class TokenBucket : IDisposable
{
    private const int SmallestQuantum = 1024;
    private const int LargestQuantum = 64 * 1024;

    // A quantum is what a millisecond allows: a long round of many users would delay small messages.
    private const int QuantaPerSecond = 1_000;

    // The bucket holds this much of the rate: timers fire milliseconds late.
    private const double CapacitySeconds = 0.05;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Queue<Turn> _line = new();
    private readonly long _bytesPerSecond;
    private readonly double _capacity;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private double _tokens;
    private long _filledAt;

    // Bytes taken in the present second, in the last one, and in the one with the most.
    private long _windowAt;
    private long _inWindow;
    private long _measured;
    private long _highest;

    /// <param name="bytesPerSecond">The rate, above zero.</param>
    /// <param name="time">The clock and timer.</param>
    public TokenBucket(long bytesPerSecond, TimeProvider time)
    {
        _bytesPerSecond = bytesPerSecond;
        Quantum = (int)Math.Clamp(bytesPerSecond / QuantaPerSecond, SmallestQuantum, LargestQuantum);
        _capacity = Math.Max(Quantum, bytesPerSecond * CapacitySeconds);
        _tokens = _capacity;
        _time = time;
        _filledAt = _windowAt = time.GetTimestamp();
        _timer = time.CreateTimer(
            static bucket => ((TokenBucket)bucket!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The most bytes to take at a time.</summary>
    public int Quantum { get; }

    /// <summary>Takes bytes now, or joins the line.</summary>
    /// <returns>Null: they are taken.</returns>
    public Turn? Take(int bytes)
    {
        lock (_gate)
        {
            Fill();
            if (_tokens >= 1 && _line.Count == 0)
            {
                Count(bytes);
                return null;
            }
            var turn = new Turn(bytes);
            _line.Enqueue(turn);
            Serve();
            return turn;
        }
    }

    /// <summary>Returns bytes that were taken but not used.</summary>
    public void Return(int bytes)
    {
        if (bytes == 0)
            return;
        lock (_gate)
        {
            Count(-bytes);
            Serve();
        }
    }

    /// <summary>Leaves the line, or returns the bytes if they are taken already.</summary>
    public void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (!turn.TryLeave())
                Return(turn.Bytes);
        }
    }

    /// <summary>The bytes of the last whole second, and the most in a second so far.</summary>
    public (long Current, long Maximum) Measure()
    {
        lock (_gate)
        {
            Fill();
            return (_measured, _highest);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        lock (_gate)
        {
            Fill();
            Serve();
        }
    }

    private void Fill()
    {
        long now = _time.GetTimestamp();
        double seconds = _time.GetElapsedTime(_filledAt, now).TotalSeconds;
        _tokens = Math.Min(_capacity, _tokens + (seconds * _bytesPerSecond));
        _filledAt = now;
        long windows = (now - _windowAt) / _time.TimestampFrequency;
        if (windows == 0)
            return;
        // Whatever was taken was taken in the first of them: the others have passed without a user.
        _highest = Math.Max(_highest, _inWindow);
        _measured = windows == 1 ? Math.Max(0, _inWindow) : 0;
        _inWindow = 0;
        _windowAt += windows * _time.TimestampFrequency;
    }

    private void Serve()
    {
        while (_line.TryPeek(out Turn? next) && (next.HasLeft || _tokens >= 1))
        {
            _line.Dequeue();
            if (next.TryGrant())
                Count(next.Bytes);
        }
        if (_line.Count == 0)
            return;
        TimeSpan pause = TimeSpan.FromSeconds((1 - _tokens) / _bytesPerSecond);
        _timer.Change(
            pause < ShortestPause ? ShortestPause : pause < LongestPause ? pause : LongestPause,
            Timeout.InfiniteTimeSpan);
    }

    private void Count(int bytes)
    {
        _tokens -= bytes;
        _inWindow += bytes;
    }

    /// <summary>A place in the line.</summary>
    public sealed class Turn(int bytes)
    {
        private readonly TaskCompletionSource _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Bytes => bytes;

        /// <summary>Completes when the bytes are taken; never after <see cref="Leave"/>.</summary>
        public Task Granted => _granted.Task;

        public bool HasLeft { get; private set; }

        public bool TryGrant() => !HasLeft && _granted.TrySetResult();

        public bool TryLeave() => HasLeft = !Granted.IsCompleted;
    }
}
