using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>One figure of one variant in two results.</summary>
/// <param name="Setting">The setting as text.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Old">Median of the old rounds.</param>
/// <param name="New">Median of the new rounds.</param>
/// <param name="Ratio">New to old; null if there are too few rounds.</param>
/// <param name="Low">Lower end of the ratio's interval.</param>
/// <param name="High">Upper end of the ratio's interval.</param>
/// <param name="Outcome">What the interval says.</param>
internal sealed record LabChange(
    string Setting, string Subject, string Metric, double Old, double New, double? Ratio, double? Low, double? High,
    LabOutcome Outcome);

/// <summary>What a comparison of two results says of one figure.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LabOutcome>))]
internal enum LabOutcome
{
    [JsonStringEnumMemberName("better")]
    Better,

    [JsonStringEnumMemberName("worse")]
    Worse,

    [JsonStringEnumMemberName("no_difference")]
    NoDifference,

    [JsonStringEnumMemberName("too_few_rounds")]
    TooFewRounds,

    [JsonStringEnumMemberName("not_comparable")]
    NotComparable,
}
