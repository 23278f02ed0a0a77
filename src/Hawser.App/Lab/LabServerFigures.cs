namespace Hawser.App.Lab;

/// <summary>What a server spent while it was measured (proc(5)).</summary>
/// <param name="CpuMicrosecondsPerRoundTrip">User and system time of all its threads; null when that was too little to
/// be told in steps of 10 ms.</param>
/// <param name="CpuCores">Cores that it kept busy.</param>
/// <param name="VoluntarySwitchesPerRoundTrip">Context switches because a thread had to wait.</param>
/// <param name="InvoluntarySwitchesPerSecond">Context switches because another thread had its turn.</param>
/// <param name="ResidentBytes">Memory that is really there, at the end.</param>
internal sealed record LabServerFigures(
    double? CpuMicrosecondsPerRoundTrip,
    double CpuCores,
    double VoluntarySwitchesPerRoundTrip,
    double InvoluntarySwitchesPerSecond,
    long ResidentBytes)
{
    // Ten of the steps in which the system counts: a tenth is the most that the figure can be wrong by.
    private static readonly TimeSpan LeastCpu = TimeSpan.FromSeconds(0.1);

    /// <summary>What lies between two looks; null when they are no two, or nothing was answered between them.</summary>
    public static LabServerFigures? Between(LabSample? begin, LabSample? end)
    {
        if (begin is null || end is null || end.RoundTrips <= begin.RoundTrips || end.Moment <= begin.Moment)
            return null;
        double roundTrips = end.RoundTrips - begin.RoundTrips;
        double seconds = (end.Moment - begin.Moment).TotalSeconds;
        TimeSpan cpu = end.Process.Cpu - begin.Process.Cpu;
        return new LabServerFigures(
            cpu < LeastCpu ? null : cpu.TotalMicroseconds / roundTrips,
            cpu.TotalSeconds / seconds,
            Math.Max(0, end.Process.VoluntarySwitches - begin.Process.VoluntarySwitches) / roundTrips,
            Math.Max(0, end.Process.InvoluntarySwitches - begin.Process.InvoluntarySwitches) / seconds,
            end.Process.ResidentBytes);
    }
}
