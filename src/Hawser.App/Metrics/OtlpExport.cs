using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hawser.App.Metrics;

/// <summary>Sends metrics and spans to an OpenTelemetry collector, as OTLP over HTTP, in the background and once more at
/// the end. What cannot be sent is dropped. The environment variables of OpenTelemetry apply, such as
/// <c>OTEL_METRIC_EXPORT_INTERVAL</c>.</summary>
internal sealed class OtlpExport : IDisposable
{
    private const string TimeoutVariable = "OTEL_EXPORTER_OTLP_TIMEOUT";

    // Unless the environment says so, a collector that does not answer must not hold up the stop.
    private const int TimeoutMilliseconds = 1_000;

    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    /// <param name="collector">Its address; <c>v1/metrics</c> and <c>v1/traces</c> are appended.</param>
    /// <param name="errors">Receives a warning when the collector fails.</param>
    public OtlpExport(Uri collector, TextWriter errors)
    {
        // The later one wins: OTEL_SERVICE_NAME.
        ResourceBuilder resource = ResourceBuilder.CreateEmpty().AddService("hawser").AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter("Hawser", "System.Runtime")
            .AddOtlpExporter(options => Configure(options, "metrics"))
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource("Hawser")
            .AddOtlpExporter(options => Configure(options, "traces"))
            .Build();

        void Configure(OtlpExporterOptions options, string signal)
        {
            // Each its own: a collector may take metrics only.
            var watch = new CollectorWatch(signal, errors);
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
            options.Endpoint = new Uri(collector, $"{collector.AbsolutePath.TrimEnd('/')}/v1/{signal}");
            if (Environment.GetEnvironmentVariable(TimeoutVariable) is null or "")
                options.TimeoutMilliseconds = TimeoutMilliseconds;
            options.HttpClientFactory = () => new HttpClient(watch, disposeHandler: false)
            {
                Timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds),
            };
        }
    }

    /// <summary>Sends what has not been sent.</summary>
    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }
}
