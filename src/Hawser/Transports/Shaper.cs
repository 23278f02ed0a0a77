namespace Hawser.Transports;

/// <summary>The bandwidth limits of a server. Each direction has its own tokens, as a line has.</summary>
internal sealed class Shaper : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _perConnection;
    private readonly TokenBucket? _input;
    private readonly TokenBucket? _output;

    private Shaper(ServerLimits limits, TimeProvider time)
    {
        _time = time;
        _perConnection = limits.ConnectionRateLimit;
        if (limits.RateLimit == long.MaxValue)
            return;
        _input = new TokenBucket(limits.RateLimit, time);
        _output = new TokenBucket(limits.RateLimit, time);
    }

    /// <returns>Null without a limit.</returns>
    public static Shaper? For(ServerLimits limits, TimeProvider time) =>
        limits.RateLimit == long.MaxValue && limits.ConnectionRateLimit == long.MaxValue
            ? null
            : new Shaper(limits, time);

    /// <summary>Adds the layer.</summary>
    public ValueTask<Transport> Over(Transport inner, CancellationToken cancel) => new(new ShapedTransport(
        inner, new ShapedDirection(Own(), _input, inner.BlocksItsThread),
        new ShapedDirection(Own(), _output, inner.BlocksItsThread)));

    /// <summary>Bytes per second of all connections in the busier direction, now and at most so far.</summary>
    public (double Current, double Maximum) Measure()
    {
        (double Current, double Maximum) input = _input?.Measure() ?? default;
        (double Current, double Maximum) output = _output?.Measure() ?? default;
        return (Math.Max(input.Current, output.Current), Math.Max(input.Maximum, output.Maximum));
    }

    public void Dispose()
    {
        _input?.Dispose();
        _output?.Dispose();
    }

    private TokenBucket? Own() =>
        _perConnection == long.MaxValue ? null : new TokenBucket(_perConnection, _time);
}
