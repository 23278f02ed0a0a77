using Hawser.App.Lab.Conditions;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LabConditionsTest
{
    private static readonly LabConditions Quiet = new(0.01, 0.02, 1.5, 3000);

    [Fact]
    public void A_quiet_machine_invalidates_no_measurement() => Assert.Null(Quiet.FindFault(0.05, 3000, isAlone: true));

    [Theory]
    [InlineData(0.06, 0, 3000, true, "steal time was 6 % of the CPU time")]
    [InlineData(0.03, 0.03, 3000, true, "other processes used 3 % of the CPU time")]
    [InlineData(0, 0.124, 3000, true, "other processes used 12.4 % of the CPU time")]
    [InlineData(0, 0.5, 3000, false, null)]
    [InlineData(0.06, 0.5, 3000, false, "steal time was 6 % of the CPU time")]
    [InlineData(0, 0, 2600, true, "the CPU ran at 2600 MHz, not at 3000")]
    [InlineData(0, 0, 2800, true, null)]
    public void Steal_foreign_load_or_a_lower_clock_speed_invalidates_a_measurement(
        double steal, double others, double mhz, bool isAlone, string? fault)
    {
        var conditions = new LabConditions(steal, others, 1.5, mhz);

        Assert.Equal(fault, conditions.FindFault(0.05, 3000, isAlone));
        Assert.Null(conditions.FindFault(null, 3000, isAlone));
    }

    [Fact]
    public void An_unknown_frequency_spoils_nothing() =>
        Assert.Null((Quiet with { Mhz = null }).FindFault(0.05, null, isAlone: true));

    [Fact]
    public void Foreign_cpu_share_is_total_usage_minus_our_own()
    {
        // user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice; utime, stime, cutime, cstime.
        MachineSample begin = MachineSample.Parse("cpu  100 10 50 1000 5 0 7 3 0 0", Self(1, 2, 3, 4));
        MachineSample end = MachineSample.Parse("cpu  180 20 60 1500 5 0 407 13 60 0", Self(11, 12, 33, 14));

        LabConditions conditions = end.Since(begin, mhz: 2500);

        // 100 of 1010 ticks were used by processes, 60 of them ours; interrupts are nobody's.
        Assert.Equal(40.0 / 1010, conditions.OthersCpuShare, 12);
        Assert.Equal(10.0 / 1010, conditions.StealShare, 12);
        Assert.Equal(2500, conditions.Mhz);

        static string Self(int utime, int stime, int cutime, int cstime) =>
            $"42 (ha wser) x) S 1 42 42 0 -1 4194304 0 0 0 0 {utime} {stime} {cutime} {cstime} 20 0 9 0 1 2 3";
    }

    [Fact]
    public async Task The_time_of_children_that_have_ended_is_our_own()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no /proc");
        const string count = "i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done";
        TimeSpan before = Environment.CpuUsage.TotalTime;
        MachineSample begin = MachineSample.TryTake()!;
        using (var busy = System.Diagnostics.Process.Start("sh", ["-c", count]))
            await busy.WaitForExitAsync(TestContext.Current.CancellationToken);

        MachineSample end = MachineSample.TryTake()!;

        // In ticks of 10 ms. Other tests of this process spend time meanwhile.
        double ofThisProcess = (Environment.CpuUsage.TotalTime - before).TotalSeconds * 100;
        Assert.True(end.Own - begin.Own - ofThisProcess >= 5, $"{begin} to {end}, {ofThisProcess} of this process");
        Assert.True(end.All > begin.All);
    }

    [Fact]
    public async Task A_machine_watch_reports_cpu_shares_between_0_and_1()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no /proc");
        await using var watch = new MachineWatch();

        LabConditions seen = (await watch.EndAsync())!;

        Assert.InRange(seen.StealShare, 0, 1);
        Assert.InRange(seen.OthersCpuShare, 0, 1);
        Assert.NotNull(seen.LoadAverage);
    }
}
