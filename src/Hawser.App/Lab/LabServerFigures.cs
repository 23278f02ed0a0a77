namespace Hawser.App.Lab;

/// <summary>Resources of a server during a measurement (proc(5)).</summary>
/// <param name="CpuMicrosecondsPerRoundTrip">User and system time of all its threads; null if below 0.1 s or if a
/// sample came late.</param>
/// <param name="CpuCores">Cores that it kept busy; null if a sample came late.</param>
/// <param name="VoluntarySwitchesPerRoundTrip">Context switches of threads that waited; null if threads exited
/// uncounted.</param>
/// <param name="InvoluntarySwitchesPerSecond">Context switches of preempted threads; null if threads exited
/// uncounted.</param>
/// <param name="ResidentBytes">Resident memory near the end.</param>
/// <param name="Descriptors">Open descriptors near the end.</param>
/// <param name="BytesPerIdleConnection">Growth of the resident memory while the idle connections were opened; null
/// without any.</param>
internal sealed record LabServerFigures(
    double? CpuMicrosecondsPerRoundTrip,
    double? CpuCores,
    double? VoluntarySwitchesPerRoundTrip,
    double? InvoluntarySwitchesPerSecond,
    long ResidentBytes,
    int? Descriptors = null,
    double? BytesPerIdleConnection = null)
{
    // The system counts in steps of 10 ms: at 0.1 s the error is at most a tenth.
    private static readonly TimeSpan LeastCpu = TimeSpan.FromSeconds(0.1);

    // On a saturated machine even the lab is scheduled late and samples the server after the load has counted. Above
    // this share of the measured time, the two cannot be combined.
    private const double MostLateness = 0.1;

    /// <summary>The difference of two samples; null if nothing was answered between them. The end alone gives only
    /// memory.</summary>
    /// <param name="begin">The sample at the begin of the measured time.</param>
    /// <param name="late">A sample in its last second; null if there is none.</param>
    /// <param name="end">The sample at its end. Threads that have exited by then took their counts with them.</param>
    public static LabServerFigures? Between(LabSample? begin, LabSample? late, LabSample? end)
    {
        if (begin is null && end is not null)
            return new LabServerFigures(null, null, null, null, end.Process.ResidentBytes, end.Process.Descriptors);
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
            (whole ?? end).Process.ResidentBytes,
            (whole ?? end).Process.Descriptors);
    }
}
