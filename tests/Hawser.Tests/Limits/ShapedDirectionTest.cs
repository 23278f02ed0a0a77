using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Limits;

public sealed class ShapedDirectionTest : IDisposable
{
    private const int Quantum = 1_024;

    private readonly FakeTime _time = new();
    private readonly TokenBucket _shared;
    private readonly ShapedDirection _first;
    private readonly ShapedDirection _second;

    public ShapedDirectionTest()
    {
        _shared = new TokenBucket(Quantum * 1_000, _time);
        _first = new ShapedDirection(null, _shared, mayBlock: false);
        _second = new ShapedDirection(null, _shared, mayBlock: false);
        // A twentieth of a second's tokens: a millisecond brings a quantum.
        Assert.Null(_shared.Take(50 * Quantum));
    }

    public void Dispose() => _shared.Dispose();

    [Fact]
    public async Task An_interrupted_take_keeps_its_place_in_the_line()
    {
        Task<bool> first = _first.TakeAsync(Quantum).AsTask();
        Task<bool> second = _second.TakeAsync(Quantum).AsTask();
        for (int i = 0; i < 3; i++)
        {
            _first.Interrupt();
            Assert.False(await first.Bounded());
            Assert.False(_first.IsPaused);
            first = _first.TakeAsync(Quantum).AsTask();
        }

        await GrantAsync(first);
        Assert.False(second.IsCompleted);

        await GrantAsync(second);
    }

    [Fact]
    public async Task A_take_of_another_size_joins_the_end_of_the_line()
    {
        Task<bool> first = _first.TakeAsync(Quantum).AsTask();
        Task<bool> second = _second.TakeAsync(Quantum).AsTask();
        _first.Interrupt();
        Assert.False(await first.Bounded());
        first = _first.TakeAsync(Quantum / 2).AsTask();

        await GrantAsync(second);
        Assert.False(first.IsCompleted);

        await GrantAsync(first);
    }

    [Fact]
    public async Task A_connection_that_closes_after_an_interrupt_leaves_the_line()
    {
        Task<bool> first = _first.TakeAsync(Quantum).AsTask();
        Task<bool> second = _second.TakeAsync(Quantum).AsTask();
        _first.Interrupt();
        Assert.False(await first.Bounded());

        _first.Close();

        await GrantAsync(second);
    }

    [Fact]
    public async Task A_close_ends_a_pending_take()
    {
        Task<bool> first = _first.TakeAsync(Quantum).AsTask();
        Task<bool> second = _second.TakeAsync(Quantum).AsTask();

        _first.Close();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.Bounded());
        await GrantAsync(second);
    }

    /// <summary>Lets time pass for one quantum, which must go to this take.</summary>
    private async Task GrantAsync(Task<bool> take)
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await take.Bounded());
    }
}
