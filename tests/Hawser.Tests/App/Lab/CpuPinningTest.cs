using Hawser.App.Lab.Processes;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class CpuPinningTest
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("\t0-3,8\n", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("", new int[0])]
    public void A_list_of_cores_is_read(string list, int[] cores) => Assert.Equal(cores, CpuPinning.ParseList(list));

    [Fact]
    public void Server_and_load_share_no_core()
    {
        CpuPinning pinning = CpuPinning.Split([0, 2, 5]);

        Assert.Equal(("0", "2,5"), (pinning.ServerCores, pinning.LoadCores));
        Assert.Equal("server on 0, load on 2,5", pinning.Words);
    }

    [Fact]
    public void One_core_is_not_divided()
    {
        CpuPinning pinning = CpuPinning.Split([0]);

        Assert.Equal((null, null), (pinning.ServerCores, pinning.LoadCores));
        Assert.StartsWith("none, ", pinning.Words, StringComparison.Ordinal);
    }
}
