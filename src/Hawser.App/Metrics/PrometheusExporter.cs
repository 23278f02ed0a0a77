using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Hawser.App.Metrics;

/// <summary>Listens to meters and writes their values in Prometheus's text format, version 0.0.4. From its creation on
/// the instruments are enabled. Thread-safe.</summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>The type of <see cref="Render"/>'s text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Attributes come from the program, not from peers, so this is a bound and no working limit.
    private const int MostSeries = 1_000;

    private static readonly double[] DefaultBounds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Exported> _instruments = new();
    private readonly Lock _rendering = new();

    /// <param name="isMeant">The meters to listen to.</param>
    public PrometheusExporter(Func<Meter, bool> isMeant)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!isMeant(instrument.Meter))
                return;
            Exported exported = _instruments.GetOrAdd(instrument, static found => new Exported(found));
            listener.EnableMeasurementEvents(instrument, exported);
        };
        _listener.MeasurementsCompleted = (instrument, _) => _instruments.TryRemove(instrument, out Exported? _);
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Take(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Take(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Take(state, value, tags));
        _listener.Start();
    }

    /// <summary>The values of all instruments.</summary>
    public string Render()
    {
        lock (_rendering)
        {
            foreach (Exported exported in _instruments.Values)
                exported.Forget();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (IGrouping<string, Exported> metric in _instruments.Values
                .GroupBy(exported => exported.Name).OrderBy(metric => metric.Key, StringComparer.Ordinal))
            {
                Exported first = metric.First();
                text.Append(CultureInfo.InvariantCulture, $"# HELP {metric.Key} {first.Help}\n");
                text.Append(CultureInfo.InvariantCulture, $"# TYPE {metric.Key} {first.Type}\n");
                foreach (Exported exported in metric.OrderBy(one => one.MeterLabels, StringComparer.Ordinal))
                    exported.Write(text);
            }
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Take(object? exported, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((Exported)exported!).Take(value, tags);

    /// <summary>One instrument and its series.</summary>
    private sealed class Exported
    {
        private readonly Instrument _instrument;
        private readonly bool _isReplaced;
        private readonly double[]? _bounds;
        private readonly ConcurrentDictionary<string, MetricSeries> _series = new();
        private MetricSeries? _plain;

        // The series of a tag, by the object that is its value: an event loop records each of its turns with the same one.
        // Hashing its name and number would cost more.
        private readonly ConcurrentDictionary<object, (string Key, MetricSeries Series)> _recurring =
            new(ReferenceEqualityComparer.Instance);

        public Exported(Instrument instrument)
        {
            _instrument = instrument;
            _isReplaced = instrument.IsObservable || PrometheusName.IsGauge(instrument);
            Name = PrometheusName.Of(instrument);
            Help = (instrument.Description ?? "").Replace("\\", @"\\").Replace("\n", @"\n");
            var labels = new StringBuilder();
            foreach (KeyValuePair<string, object?> tag in instrument.Meter.Tags ?? [])
                AppendLabel(labels, tag);
            MeterLabels = labels.ToString();
            _bounds = instrument switch
            {
                Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
                Histogram<double> => DefaultBounds,
                Histogram<long> => DefaultBounds,
                _ => null,
            };
            Type = _bounds is not null ? "histogram" : PrometheusName.IsCounter(instrument) ? "counter" : "gauge";
        }

        public string Name { get; }

        public string Help { get; }

        public string MeterLabels { get; }

        public string Type { get; }

        public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Find(tags) is not { } series)
                return;
            if (_isReplaced)
                series.Set(value);
            else
                series.Add(value);
        }

        /// <summary>Drops the series of an observable instrument: what it no longer reports has no value.</summary>
        public void Forget()
        {
            if (!_instrument.IsObservable)
                return;
            _series.Clear();
            _recurring.Clear();
            _plain = null;
        }

        public void Write(StringBuilder text)
        {
            // A counter that nothing has counted is 0, not absent.
            if (_series.IsEmpty && Type == "counter" && !_instrument.IsObservable)
                Find([]);
            foreach (KeyValuePair<string, MetricSeries> series in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                series.Value.Write(text, Name);
        }

        private MetricSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.IsEmpty && _plain is not null)
                return _plain;
            return tags is [{ Value: { } value }] && _recurring.TryGetValue(value, out (string Key, MetricSeries Series) known)
                && known.Key == tags[0].Key
                ? known.Series
                : Make(tags);
        }

        private MetricSeries? Make(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = new StringBuilder(MeterLabels);
            foreach (KeyValuePair<string, object?> tag in tags)
                AppendLabel(labels, tag);
            string key = labels.ToString();
            if (!_series.TryGetValue(key, out MetricSeries? series))
            {
                if (_series.Count >= MostSeries)
                    return null;
                series = _series.GetOrAdd(key, new MetricSeries(key, _bounds));
            }
            if (tags.IsEmpty)
                _plain = series;
            else if (tags is [{ Value: { } value }] && _recurring.Count < MostSeries)
                _recurring[value] = (tags[0].Key, series);
            return series;
        }

        private static void AppendLabel(StringBuilder labels, KeyValuePair<string, object?> tag)
        {
            if (labels.Length > 0)
                labels.Append(',');
            labels.Append(PrometheusName.OfLabel(tag.Key)).Append("=\"")
                .Append(Convert.ToString(tag.Value, CultureInfo.InvariantCulture)!
                    .Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", @"\n"))
                .Append('"');
        }
    }
}
