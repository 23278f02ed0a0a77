using System.Globalization;
using System.Text.Json.Serialization;

namespace Hawser.App.Lab.Conditions;

/// <summary>The rest of the machine during one measurement, with its start and warm-up.</summary>
/// <param name="StealShare">Share of the machine's CPU time that the hypervisor gave to other machines.</param>
/// <param name="OthersCpuShare">Share that processes other than the lab, its servers and its loads used.</param>
/// <param name="LoadAverage">One-minute load average at the end. It includes the lab.</param>
/// <param name="Mhz">Highest clock frequency of a core, the mean over the measurement; null if unknown.</param>
internal sealed record LabConditions(double StealShare, double OthersCpuShare, double? LoadAverage, double? Mhz)
{
    // Below this share of the highest frequency seen, the processor was throttled.
    private const double LeastFrequency = 0.9;

    /// <summary>Share of the machine's CPU time that was not the lab's to use.</summary>
    [JsonIgnore]
    public double Disturbance => StealShare + OthersCpuShare;

    /// <summary>Why figures taken meanwhile are spoiled; null if they are not.</summary>
    /// <param name="limit">The greatest share of CPU time that others may take; null if all is well.</param>
    /// <param name="highestMhz">The highest frequency of the lab's measurements so far.</param>
    /// <param name="isAlone">Whether the lab started server and load: otherwise they may be among the others.</param>
    public string? FindFault(double? limit, double? highestMhz, bool isAlone)
    {
        if (limit is null)
            return null;
        if (StealShare > limit)
            return Text($"steal time was {StealShare * 100:0.#} % of the CPU time");
        if (isAlone && Disturbance > limit)
            return Text($"other processes used {OthersCpuShare * 100:0.#} % of the CPU time");
        return Mhz < LeastFrequency * highestMhz
            ? Text($"the CPU ran at {Mhz:0} MHz, not at {highestMhz:0}")
            : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
