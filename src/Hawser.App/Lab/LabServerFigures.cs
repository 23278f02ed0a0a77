namespace Hawser.App.Lab;

/// <summary>What a server spent while it was measured (proc(5)).</summary>
/// <param name="CpuMicrosecondsPerRoundTrip">User and system time of all its threads; null when that was too little to
/// be told in steps of 10 ms.</param>
/// <param name="CpuCores">Cores that it kept busy.</param>
/// <param name="VoluntarySwitchesPerRoundTrip">Context switches because a thread had to wait; null when threads
/// had gone before they could be counted.</param>
/// <param name="InvoluntarySwitchesPerSecond">Context switches because another thread had its turn; null as
/// above.</param>
/// <param name="ResidentBytes">Memory that is really there, near the end.</param>
internal sealed record LabServerFigures(
    double? CpuMicrosecondsPerRoundTrip,
    double CpuCores,
    double? VoluntarySwitchesPerRoundTrip,
    double? InvoluntarySwitchesPerSecond,
    long ResidentBytes)
{
    // Ten of the steps in which the system counts: a tenth is the most that the figure can be wrong by.
    private static readonly TimeSpan LeastCpu = TimeSpan.FromSeconds(0.1);

    /// <summary>What lies between looks; null when they are no two, or nothing was answered between them.</summary>
    /// <param name="begin">When the measured time began.</param>
    /// <param name="late">Not long before it was over; null when there was no time for that.</param>
    /// <param name="end">When it was over. A server may have let threads go by then, and what they had counted.</param>
    public static LabServerFigures? Between(LabSample? begin, LabSample? late, LabSample? end)
    {
        if (begin is null || end is null || end.RoundTrips <= begin.RoundTrips || end.Moment <= begin.Moment)
            return null;
        TimeSpan cpu = end.Process.Cpu - begin.Process.Cpu;
        LabSample? whole = late ?? (end.Process.Threads < begin.Process.Threads ? null : end);
        if (whole is not null && (whole.RoundTrips <= begin.RoundTrips || whole.Moment <= begin.Moment))
            whole = null;
        return new LabServerFigures(
            cpu < LeastCpu ? null : cpu.TotalMicroseconds / (end.RoundTrips - begin.RoundTrips),
            cpu / (end.Moment - begin.Moment),
            (double?)(whole?.Process.VoluntarySwitches - begin.Process.VoluntarySwitches)
                / (whole?.RoundTrips - begin.RoundTrips),
            (whole?.Process.InvoluntarySwitches - begin.Process.InvoluntarySwitches)
                / (whole?.Moment - begin.Moment)?.TotalSeconds,
            (whole ?? end).Process.ResidentBytes);
    }
}
