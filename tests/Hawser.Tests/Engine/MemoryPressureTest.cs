using Hawser.Accepting;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class MemoryPressureTest
{
    private const int Garbage = 64 * 1024 * 1024;

    [Fact]
    public void It_is_high_while_more_is_in_use_than_the_limit()
    {
        byte[] used = new byte[Garbage];
        var pressure = new MemoryPressure(Garbage);

        Assert.True(pressure.IsHigh());
        // Within a second of a collection, it does not collect again.
        Assert.True(pressure.IsHigh());
        Assert.False(new MemoryPressure(long.MaxValue).IsHigh());
        GC.KeepAlive(used);
    }

    [Fact]
    public void Garbage_is_collected_before_it_counts()
    {
        long limit = GC.GetTotalMemory(forceFullCollection: true) + 4L * Garbage;
        while (GC.GetTotalMemory(forceFullCollection: false) < limit)
            _ = GC.AllocateUninitializedArray<byte>(Garbage);

        Assert.False(new MemoryPressure(limit).IsHigh());
    }
}
