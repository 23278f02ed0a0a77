using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Limits;

public sealed class TokenBucketTest : IDisposable
{
    private const int Rate = 1_000_000;

    // A twentieth of a second's tokens.
    private const int Capacity = 50_000;

    private readonly FakeTime _time = new();
    private readonly TokenBucket _bucket;

    public TokenBucketTest() => _bucket = new TokenBucket(Rate, _time);

    public void Dispose() => _bucket.Dispose();

    [Theory]
    [InlineData(1, 1_024)]
    [InlineData(2_000_000, 2_000)]
    [InlineData(1_000_000_000, 65_536)]
    public void A_quantum_is_a_millisecond_within_bounds(long rate, int quantum)
    {
        using var bucket = new TokenBucket(rate, _time);
        Assert.Equal(quantum, bucket.Quantum);
    }

    [Fact]
    public void It_holds_a_twentieth_of_a_second_and_is_overdrawn_once()
    {
        for (int taken = 0; taken < Capacity; taken += 1_000)
            Assert.Null(_bucket.Take(1_000));

        TokenBucket.Turn turn = _bucket.Take(1_000)!;
        Assert.False(turn.Granted.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(turn.Granted.IsCompleted);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(_bucket.Take(Capacity - 1));
        Assert.Null(_bucket.Take(1_000));
        Assert.NotNull(_bucket.Take(1));
    }

    [Fact]
    public void Turns_come_in_order_at_the_rate()
    {
        Assert.Null(_bucket.Take(Capacity));
        TokenBucket.Turn[] turns = [.. Enumerable.Range(0, 20).Select(_ => _bucket.Take(1_000)!)];

        for (int passed = 0; passed < 20; passed++)
        {
            Assert.Equal(passed, turns.Count(turn => turn.Granted.IsCompleted));
            Assert.All(turns[..passed], turn => Assert.True(turn.Granted.IsCompleted));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public void Returned_bytes_go_to_the_next_in_line()
    {
        Assert.Null(_bucket.Take(Capacity));
        TokenBucket.Turn first = _bucket.Take(1_000)!;
        TokenBucket.Turn second = _bucket.Take(1_000)!;

        _bucket.Return(1_000);

        Assert.True(first.Granted.IsCompleted);
        Assert.False(second.Granted.IsCompleted);
    }

    [Fact]
    public void Leaving_the_queue_takes_no_tokens()
    {
        Assert.Null(_bucket.Take(Capacity));
        TokenBucket.Turn first = _bucket.Take(1_000_000)!;
        TokenBucket.Turn second = _bucket.Take(1_000)!;

        _bucket.Leave(first);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(first.Granted.IsCompleted);
        Assert.True(second.Granted.IsCompleted);
    }

    [Fact]
    public void Leaving_after_the_grant_returns_the_tokens()
    {
        Assert.Null(_bucket.Take(Capacity - 1));
        Assert.Null(_bucket.Take(1_000));
        TokenBucket.Turn first = _bucket.Take(1_000)!;
        TokenBucket.Turn second = _bucket.Take(1_000)!;
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(first.Granted.IsCompleted);
        Assert.False(second.Granted.IsCompleted);

        _bucket.Leave(first);

        Assert.True(second.Granted.IsCompleted);
    }

    [Fact]
    public void A_new_request_cannot_overtake_the_queue()
    {
        Assert.Null(_bucket.Take(Capacity));
        TokenBucket.Turn first = _bucket.Take(1_000)!;
        // There are tokens again, but the timer has not fired.
        _time.Advance(TimeSpan.FromMicroseconds(500));

        TokenBucket.Turn second = _bucket.Take(1)!;

        Assert.True(first.Granted.IsCompleted);
        Assert.False(second.Granted.IsCompleted);
    }

    [Fact]
    public void The_rate_is_measured_over_a_second()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _bucket.Take(500);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal((500_000, 500_000), _bucket.Measure());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 500_000), _bucket.Measure());
    }

    [Fact]
    public void The_measured_rate_does_not_depend_on_when_it_is_read()
    {
        _time.Advance(TimeSpan.FromSeconds(30));
        _bucket.Take(1_000);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        _bucket.Take(2_000);
        _time.Advance(TimeSpan.FromMilliseconds(800));
        Assert.Equal((3_000, 3_000), _bucket.Measure());

        _bucket.Take(1_000);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((0, 3_000), _bucket.Measure());
    }
}
