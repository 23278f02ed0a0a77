using System.CommandLine;
using System.Net;

namespace Hawser.App.Verbs;

/// <summary>What a program that serves tells of itself.</summary>
/// <param name="IsJson">The log on the standard error is JSON.</param>
/// <param name="Metrics">Where to serve metrics; null: nowhere.</param>
/// <param name="Collector">Where to send metrics and spans; null: nowhere.</param>
internal sealed record ServeReporting(
    bool IsJson, IReadOnlyList<EndPoint>? Metrics, Uri? Collector)
{
    /// <summary>Its options.</summary>
    internal sealed class Options
    {
        private readonly Option<string> _log = VerbOptions.Value(
            "--log", "FORMAT", "text, or json: an object a line on the standard error, with every connection",
            ParseFormat, "text").WithChoices(["text", "json"]);

        private readonly Option<IReadOnlyList<EndPoint>?> _metrics = VerbOptions.Value<IReadOnlyList<EndPoint>?>(
            "--metrics", "[ADDRESS:]PORT", "serve /metrics for Prometheus, /healthz and /readyz here; on 127.0.0.1 "
            + "unless an address is given", ParseWhere);

        private readonly Option<Uri?> _collector = VerbOptions.Value<Uri?>(
            "--otlp", "URL", "send metrics and traces to this OpenTelemetry collector, OTLP over HTTP", ParseCollector);

        public IReadOnlyList<Option> All => [_log, _metrics, _collector];

        public void AddTo(VerbCommand command) => command.AddGroup("Logs and metrics", [.. All]);

        public ServeReporting Read(ParseResult parsed) =>
            new(parsed.GetValue(_log) == "json", parsed.GetValue(_metrics), parsed.GetValue(_collector));

        private static string ParseFormat(string text) => text is "text" or "json"
            ? text
            : throw new FormatException($"'{text}' is not a format; use text or json");

        private static Uri ParseCollector(string text) =>
            Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
                ? url
                : throw new FormatException($"'{text}' is not a URL; use http://127.0.0.1:4318");

        private static IReadOnlyList<EndPoint> ParseWhere(string text)
        {
            int colon = text.LastIndexOf(':');
            string host = colon < 0 ? "127.0.0.1" : text[..colon];
            if (colon == 0 || (host.Contains(':') && !(host.StartsWith('[') && host.EndsWith(']'))))
                throw new FormatException($"'{text}' is not [ADDRESS:]PORT; use 9464, 0.0.0.0:9464 or [::]:9464");
            int port = ServerAddress.ParseListenPort(text[(colon + 1)..], lowest: 0);
            return [.. ServerAddress.ParseListen(host.Trim('[', ']')).Select(found => ServerAddress.At(found, port))];
        }
    }
}
