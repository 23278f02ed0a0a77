using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hawser.Services.Measuring;

/// <summary>The CPU time of the calling thread.</summary>
public static unsafe partial class ThreadCpuTime
{
    private const int CLOCK_THREAD_CPUTIME_ID = 3;

    /// <summary>Burns CPU time.</summary>
    public static void Burn(TimeSpan work)
    {
        TimeSpan end = Now() + work;
        while (Now() < end)
        {
        }
    }

    /// <summary>User and system time so far, to 100 ns. Linux only; elsewhere, elapsed time.</summary>
    public static TimeSpan Now()
    {
        // Seconds and nanoseconds, each of the size of a register.
        nint* now = stackalloc nint[2];
        return OperatingSystem.IsLinux() && ClockGetTime(CLOCK_THREAD_CPUTIME_ID, now) == 0
            ? TimeSpan.FromSeconds(now[0]) + TimeSpan.FromTicks(now[1] / TimeSpan.NanosecondsPerTick)
            : Stopwatch.GetElapsedTime(0);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, nint* time);
}
