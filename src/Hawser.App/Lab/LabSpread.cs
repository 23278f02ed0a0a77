using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>One figure over all rounds.</summary>
/// <param name="Median">The median.</param>
/// <param name="Low">Lower end of the confidence interval for the median.</param>
/// <param name="High">Upper end of the confidence interval for the median.</param>
/// <param name="Min">The minimum.</param>
/// <param name="Max">The maximum.</param>
/// <param name="Coverage">Confidence level of the interval, for any distribution: at least 0.95 with six rounds or
/// more, otherwise the coverage of the whole range.</param>
/// <param name="Rounds">Number of rounds.</param>
internal sealed record LabSpread(
    double Median, double Low, double High, double Min, double Max, double Coverage, int Rounds)
{
    /// <summary>The interval has the confidence that a verdict needs.</summary>
    [JsonIgnore]
    public bool IsSure => Coverage >= LabStatistics.Confidence;

    /// <summary>The spread of the ratios the other way round.</summary>
    [JsonIgnore]
    public LabSpread Inverse => new(1 / Median, 1 / High, 1 / Low, 1 / Max, 1 / Min, Coverage, Rounds);

    /// <summary>Maximum less minimum, as a share of the median.</summary>
    [JsonIgnore]
    public double RelativeRange => Median == 0 ? 0 : (Max - Min) / Math.Abs(Median);

    /// <summary>The upper end of the interval above the lower, as a share of the lower; infinite if the interval is not
    /// sure.</summary>
    [JsonIgnore]
    public double RelativeWidth => !IsSure || Low <= 0 ? double.PositiveInfinity : (High / Low) - 1;
}
