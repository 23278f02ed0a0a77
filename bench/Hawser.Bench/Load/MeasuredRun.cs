using System.Diagnostics;
using Hawser.Bench.Programs;

namespace Hawser.Bench.Load;

/// <summary>Time and CPU of a load and its server.</summary>
/// <param name="Seconds">Elapsed time.</param>
/// <param name="ServerCpu">User and system time of the server.</param>
/// <param name="LoadCpu">User and system time of this process.</param>
internal readonly record struct MeasuredRun(double Seconds, TimeSpan ServerCpu, TimeSpan LoadCpu)
{
    /// <summary>The load's share of one core.</summary>
    public double LoadCpuShare => LoadCpu.TotalSeconds / Seconds;

    public static MeasuredRun Of(int server, Action run)
    {
        ProcessSample serverBefore = ProcessSample.Of(server);
        ProcessSample loadBefore = ProcessSample.Of(Environment.ProcessId);
        long begin = Stopwatch.GetTimestamp();
        run();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new MeasuredRun(
            seconds,
            ProcessSample.Of(server).Cpu - serverBefore.Cpu,
            ProcessSample.Of(Environment.ProcessId).Cpu - loadBefore.Cpu);
    }
}
