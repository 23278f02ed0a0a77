namespace Hawser.App.Lab;

/// <summary>What a server spent while it was measured (proc(5)).</summary>
/// <param name="CpuMicrosecondsPerRoundTrip">User and system time of all its threads; null when that was too little to
/// be told in steps of 10 ms, or the looks came late.</param>
/// <param name="CpuCores">Cores that it kept busy; null when the looks came late.</param>
/// <param name="VoluntarySwitchesPerRoundTrip">Context switches because a thread had to wait; null when threads
/// had gone before they could be counted.</param>
/// <param name="InvoluntarySwitchesPerSecond">Context switches because another thread had its turn; null as
/// above.</param>
/// <param name="ResidentBytes">Memory that is really there, near the end.</param>
internal sealed record LabServerFigures(
    double? CpuMicrosecondsPerRoundTrip,
    double? CpuCores,
    double? VoluntarySwitchesPerRoundTrip,
    double? InvoluntarySwitchesPerSecond,
    long ResidentBytes)
{
    // Ten of the steps in which the system counts: a tenth is the most that the figure can be wrong by.
    private static readonly TimeSpan LeastCpu = TimeSpan.FromSeconds(0.1);

    // Where so many threads want the cores that even the lab waits for its turn, it looks at the server later than the
    // load has counted. By more than this the two do not belong together.
    private const double MostLateness = 0.1;

    /// <summary>What lies between looks; null when nothing was answered between them. The last look alone tells only of
    /// memory, and the first one nothing.</summary>
    /// <param name="begin">When the measured time began.</param>
    /// <param name="late">Not long before it was over; null when there was no time for that.</param>
    /// <param name="end">When it was over. A server may have let threads go by then, and what they had counted.</param>
    public static LabServerFigures? Between(LabSample? begin, LabSample? late, LabSample? end)
    {
        if (begin is null && end is not null)
            return new LabServerFigures(null, null, null, null, end.Process.ResidentBytes);
        if (begin is null || end is null || end.RoundTrips <= begin.RoundTrips || end.Moment <= begin.Moment)
            return null;
        TimeSpan cpu = end.Process.Cpu - begin.Process.Cpu;
        TimeSpan measured = end.Measured - begin.Measured;
        bool isInTime = (end.Moment - begin.Moment - measured).Duration() <= MostLateness * measured;
        LabSample? whole = late ?? (end.Process.Threads < begin.Process.Threads ? null : end);
        if (whole is not null && (whole.RoundTrips <= begin.RoundTrips || whole.Moment <= begin.Moment))
            whole = null;
        return new LabServerFigures(
            !isInTime || cpu < LeastCpu ? null : cpu.TotalMicroseconds / (end.RoundTrips - begin.RoundTrips),
            isInTime ? cpu / (end.Moment - begin.Moment) : null,
            (double?)(whole?.Process.VoluntarySwitches - begin.Process.VoluntarySwitches)
                / (whole?.RoundTrips - begin.RoundTrips),
            (whole?.Process.InvoluntarySwitches - begin.Process.InvoluntarySwitches)
                / (whole?.Moment - begin.Moment)?.TotalSeconds,
            (whole ?? end).Process.ResidentBytes);
    }
}
