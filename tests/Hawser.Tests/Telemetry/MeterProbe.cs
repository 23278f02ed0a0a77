using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Hawser.Tests.Telemetry;

/// <summary>Listens to one meter: sums what is recorded, and reads what is observed.</summary>
internal sealed class MeterProbe : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, double> _values = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly ConcurrentDictionary<string, Instrument> _instruments = new();

    /// <param name="listens">False: only <see cref="Meter"/> is used.</param>
    public MeterProbe(bool listens = true)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter != Meter)
                return;
            _instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        if (listens)
            _listener.Start();
    }

    /// <summary>For the server under test.</summary>
    public Meter Meter { get; } = new("Hawser");

    public IReadOnlyCollection<Instrument> Instruments => [.. _instruments.Values];

    /// <summary>The values so far, as <c>name{attribute=value}</c>; 0 if there is none.</summary>
    public double Read(string series)
    {
        _listener.RecordObservableInstruments();
        return _values.GetValueOrDefault(series);
    }

    /// <summary>How many values were recorded.</summary>
    public int Count(string series) => _counts.GetValueOrDefault(series);

    /// <summary>All series.</summary>
    public string[] Series => [.. _values.Keys.Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        _listener.Dispose();
        Meter.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string attributes = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        string series = attributes == "" ? instrument.Name : $"{instrument.Name}{{{attributes}}}";
        _counts.AddOrUpdate(series, 1, (_, count) => count + 1);
        _values.AddOrUpdate(series, value, (_, sum) => instrument.IsObservable ? value : sum + value);
    }
}
