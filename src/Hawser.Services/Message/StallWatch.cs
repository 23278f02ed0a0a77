using Hawser.Services.Text;

namespace Hawser.Services.Message;

/// <summary>Resets senders that stall or trickle while other messages wait for them. The timer runs only while a
/// message waits.</summary>
/// <remarks>Time counts from the moment at which a message begins to wait, and only while the server is ready to
/// receive: a slow output is not the sender's fault.</remarks>
internal sealed class StallWatch : IDisposable
{
    private const int LooksPerTimeout = 10;

    private readonly Lock _gate = new();
    private readonly MessageOptions _options;
    private readonly Func<IReadOnlyList<IncomingMessage>?> _waitedFor;
    private readonly ITimer _timer;
    private readonly TimeSpan _interval;
    private readonly long _bytesPerWindow;
    private bool _runs;
    private long _look;

    /// <param name="options">The timeout and the rate.</param>
    /// <param name="waitedFor">Returns the messages that block others; null if none waits.</param>
    public StallWatch(MessageOptions options, Func<IReadOnlyList<IncomingMessage>?> waitedFor)
    {
        _options = options;
        _waitedFor = waitedFor;
        bool isOff = options.StallTimeout == Timeout.InfiniteTimeSpan;
        _interval = isOff ? options.StallTimeout : options.StallTimeout / LooksPerTimeout;
        _bytesPerWindow = isOff ? 0 : (long)(options.MinBytesPerSecond * options.StallTimeout.TotalSeconds);
        _timer = options.Time.CreateTimer(
            static watch => ((StallWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts the timer: a message waits.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            if (_runs)
                return;
            _runs = true;
            // The gap restarts the window of every sender.
            _look++;
            _timer.Change(_interval, _interval);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            IReadOnlyList<IncomingMessage>? waitedFor = _waitedFor();
            if (waitedFor is null)
            {
                _runs = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }
            _look++;
            foreach (IncomingMessage message in waitedFor)
            {
                if (!message.HasEnded && message.CutFor is null)
                    Judge(message);
            }
        }
    }

    private void Judge(IncomingMessage message)
    {
        switch (message.Pace.Look(_look, !message.IsBeingWritten, LooksPerTimeout, _bytesPerWindow))
        {
            case SenderPace.Verdict.Stalls:
                message.Cut($"other messages waited and no byte arrived for "
                    + $"{Quantity.FormatDuration(_options.StallTimeout)} (--stall-timeout)");
                break;
            case SenderPace.Verdict.TooSlow:
                message.Cut("other messages waited and it arrived slower than "
                    + $"{Quantity.FormatSize(_options.MinBytesPerSecond)} per second (--min-rate)");
                break;
        }
    }
}
