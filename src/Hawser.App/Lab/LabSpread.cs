using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>One figure over the rounds.</summary>
/// <param name="Median">Its median.</param>
/// <param name="Low">Lower end of the interval for the median.</param>
/// <param name="High">Upper end of the interval for the median.</param>
/// <param name="Min">The least that was seen.</param>
/// <param name="Max">The most that was seen.</param>
/// <param name="Coverage">How sure it is that the interval holds the median, whatever the distribution: at least 0.95
/// where there are rounds enough (six), else what the whole range gives.</param>
/// <param name="Rounds">Rounds that it is made from.</param>
internal sealed record LabSpread(
    double Median, double Low, double High, double Min, double Max, double Coverage, int Rounds)
{
    /// <summary>From least to most, as a share of the median.</summary>
    [JsonIgnore]
    public double RelativeRange => Median == 0 ? 0 : (Max - Min) / Math.Abs(Median);
}
