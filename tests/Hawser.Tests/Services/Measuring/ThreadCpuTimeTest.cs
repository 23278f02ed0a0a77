using Hawser.Services.Measuring;
using Xunit;

namespace Hawser.Tests.Services.Measuring;

public class ThreadCpuTimeTest
{
    [Fact]
    public void Threads_that_share_a_core_burn_as_much_as_threads_that_do_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere the clock on the wall counts");
        var work = TimeSpan.FromMilliseconds(20);
        var threads = new Thread[4 * Environment.ProcessorCount];
        TimeSpan before = Environment.CpuUsage.TotalTime;

        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() => ThreadCpuTime.Burn(work));
            threads[i].Start();
        }
        foreach (Thread thread in threads)
            thread.Join();

        Assert.True(Environment.CpuUsage.TotalTime - before >= threads.Length * work);
    }
}
