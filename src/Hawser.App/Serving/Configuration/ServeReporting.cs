using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Dashboard;
using Hawser.App.Http;

namespace Hawser.App.Serving.Configuration;

/// <summary>How a serving process reports on itself: log, metrics, traces, dashboard.</summary>
/// <param name="IsJson">The log on the standard error is JSON.</param>
/// <param name="Metrics">Where to serve metrics; null: nowhere.</param>
/// <param name="Collector">Where to send metrics and spans; null: nowhere.</param>
/// <param name="Dashboard">Where to serve the dashboard; null: nowhere.</param>
internal sealed record ServeReporting(
    bool IsJson, HttpAddress? Metrics, Uri? Collector, DashboardOptions? Dashboard)
{
    // What each opens and loads.
    private const int HttpDescriptors = 16;
    private const int ExportDescriptors = 40;

    /// <summary>The descriptors that it takes, those of its clients apart.</summary>
    public int Descriptors =>
        (Metrics is null ? 0 : HttpDescriptors) + (Dashboard is null ? 0 : HttpDescriptors)
        + (Collector is null ? 0 : ExportDescriptors);

    /// <summary>Its options.</summary>
    internal sealed class Options
    {
        private readonly Option<string> _log = VerbOptions.Value(
            "--log", "FORMAT", "text, or json: an object a line on the standard error, with every connection",
            ParseFormat, "text").WithChoices(["text", "json"]);

        // The port of Prometheus's examples for OpenTelemetry.
        private const int ExamplePort = 9464;

        private readonly Option<HttpAddress?> _metrics = VerbOptions.Value<HttpAddress?>(
            "--metrics", "[ADDRESS:]PORT", "serve /metrics for Prometheus, /healthz and /readyz here; on 127.0.0.1 "
            + "unless an address is given", text => HttpAddress.Parse(text, ExamplePort));

        private readonly Option<Uri?> _collector = VerbOptions.Value<Uri?>(
            "--otlp", "URL", "send metrics and traces to this OpenTelemetry collector, OTLP over HTTP", ParseCollector);

        private readonly DashboardOptions.Options _dashboard = new();

        public IReadOnlyList<Option> All => [_log, _metrics, _collector, .. _dashboard.All];

        public void AddTo(VerbCommand command) => command.AddGroup("Reporting", [.. All]);

        /// <exception cref="UsageException">The dashboard's token has no use, or its file is bad.</exception>
        public ServeReporting Read(ParseResult parsed) =>
            new(parsed.GetValue(_log) == "json", parsed.GetValue(_metrics), parsed.GetValue(_collector),
                _dashboard.Read(parsed));

        private static string ParseFormat(string text) => text is "text" or "json"
            ? text
            : throw new FormatException($"'{text}' is not a format; use text or json");

        private static Uri ParseCollector(string text) =>
            Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
                ? url
                : throw new FormatException($"'{text}' is not a URL; use http://127.0.0.1:4318");
    }
}
