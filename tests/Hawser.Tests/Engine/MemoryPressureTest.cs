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
        // Several times: the runtime may collect meanwhile, and other tests use memory of their own.
        bool isHigh = true;
        for (int i = 0; i < 20 && isHigh; i++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int n = 0; n < 8; n++)
                _ = GC.AllocateUninitializedArray<byte>(Garbage);
            isHigh = new MemoryPressure(before + 2L * Garbage).IsHigh();
        }
        Assert.False(isHigh);
    }
}
