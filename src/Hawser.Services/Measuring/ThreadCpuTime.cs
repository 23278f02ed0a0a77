using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hawser.Services.Measuring;

/// <summary>The CPU time of the calling thread: what it has computed, without the time in which others had its
/// core.</summary>
public static unsafe partial class ThreadCpuTime
{
    private const int CLOCK_THREAD_CPUTIME_ID = 3;

    /// <summary>Computes nothing of use for so long.</summary>
    public static void Burn(TimeSpan work)
    {
        TimeSpan end = Now() + work;
        while (Now() < end)
        {
        }
    }

    /// <summary>User and system time so far, to 100 ns. Where the system does not tell it (only Linux is asked), the
    /// clock on the wall counts.</summary>
    public static TimeSpan Now()
    {
        // Seconds and nanoseconds, each as long as a register.
        nint* now = stackalloc nint[2];
        return OperatingSystem.IsLinux() && ClockGetTime(CLOCK_THREAD_CPUTIME_ID, now) == 0
            ? TimeSpan.FromSeconds(now[0]) + TimeSpan.FromTicks(now[1] / TimeSpan.NanosecondsPerTick)
            : Stopwatch.GetElapsedTime(0);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, nint* time);
}
