using System.Globalization;
using Hawser.Services.Measuring;
using Hawser.Services.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>A latency goal: <c>p99&lt;1ms</c>.</summary>
/// <param name="Percent">The percentile.</param>
/// <param name="Below">The upper bound.</param>
public sealed record LatencyGoal(double Percent, TimeSpan Below)
{
    /// <summary>Parses a goal.</summary>
    /// <exception cref="FormatException">The text is not a goal; the message gives an example.</exception>
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
            : throw new FormatException($"'{text}' is not a latency goal; use p99<1ms");
    }

    /// <summary>Whether a load met it, with every ping answered.</summary>
    public bool IsKeptBy(PingLoadReport report) =>
        report is { Failed: 0, Unanswered: 0, RoundTrips: > 0 } && Percentile(report.Latency) < Below;

    /// <summary>The percentile of a histogram.</summary>
    public TimeSpan Percentile(LatencyHistogram latency) =>
        TimeSpan.FromMicroseconds(latency.PercentileNs(Percent) / 1e3);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"p{Percent:0.###}<{Quantity.FormatDuration(Below)}");
}
