using System.Diagnostics.Metrics;

namespace Hawser.App.Metrics;

/// <summary>Names of metrics as OpenTelemetry maps them to Prometheus: dots become underscores, the unit and, for a
/// counter, <c>total</c> are appended.</summary>
internal static class PrometheusName
{
    /// <summary>The name of a metric.</summary>
    public static string Of(Instrument instrument)
    {
        string name = OfLabel(instrument.Name);
        string unit = instrument.Unit switch
        {
            "s" => "seconds",
            "By" => "bytes",
            // An annotation such as {connection} is no unit.
            _ => "",
        };
        if (unit != "" && !name.EndsWith($"_{unit}", StringComparison.Ordinal))
            name += $"_{unit}";
        return IsCounter(instrument) ? $"{name}_total" : name;
    }

    /// <summary>The name of a label.</summary>
    public static string OfLabel(string attribute) =>
        string.Concat(attribute.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));

    /// <summary>The value only grows.</summary>
    public static bool IsCounter(Instrument instrument) =>
        Is(instrument, typeof(Counter<>)) || Is(instrument, typeof(ObservableCounter<>));

    /// <summary>Each value replaces the last one.</summary>
    public static bool IsGauge(Instrument instrument) => Is(instrument, typeof(Gauge<>));

    private static bool Is(Instrument instrument, Type definition) =>
        instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == definition;
}
