using System.Globalization;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>A latency to keep: <c>p99&lt;1ms</c>.</summary>
/// <param name="Percent">Which percentile.</param>
/// <param name="Below">What it must stay under.</param>
public sealed record LatencyGoal(double Percent, TimeSpan Below)
{
    /// <summary>Reads a goal.</summary>
    /// <exception cref="FormatException">It is none; the message says what would be.</exception>
    public static LatencyGoal Parse(string text)
    {
        string[] parts = text.Split('<');
        return parts.Length == 2
            && parts[0].StartsWith('p')
            && double.TryParse(parts[0].AsSpan(1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out double percent)
            && percent is > 0 and <= 100
            && Quantity.ParseDuration(parts[1]) is var below && below > TimeSpan.Zero
            ? new LatencyGoal(percent, below)
            : throw new FormatException($"'{text}' is not a latency to keep; use p99<1ms");
    }

    /// <summary>Whether a load kept it, with every ping answered.</summary>
    public bool IsKeptBy(PingLoadReport report) =>
        report is { Failed: 0, Unanswered: 0, RoundTrips: > 0 } && Percentile(report.Latency) < Below;

    /// <summary>The percentile it is about.</summary>
    public TimeSpan Percentile(LatencyHistogram latency) =>
        TimeSpan.FromMicroseconds(latency.PercentileNs(Percent) / 1e3);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"p{Percent:0.###}<{Quantity.FormatDuration(Below)}");
}
