using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.App.Http;
using Hawser.App.SideServers;

namespace Hawser.App.Metrics;

/// <summary>Serves the metrics of the process and the health of its services over HTTP, on one event loop of its own.
/// Created only when asked for: from then on instruments cost what they record.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private readonly PrometheusExporter _exporter;
    private readonly Meter _meter;

    private MetricsServer(PrometheusExporter exporter, Meter meter, Server server)
    {
        _exporter = exporter;
        _meter = meter;
        Server = server;
    }

    public Server Server { get; }

    /// <summary>Its addresses, with the actual ports.</summary>
    public IReadOnlyList<EndPoint> EndPoints => Server.EndPoints;

    /// <summary>It listens beyond the loopback interface.</summary>
    public bool IsExposed => !HttpAddress.IsLocal(EndPoints);

    /// <summary>Starts to serve, and to listen to the meters <c>Hawser</c> and <c>System.Runtime</c>.</summary>
    /// <param name="where">Its addresses.</param>
    /// <param name="sockets">Sockets that listen at some of them, and the others.</param>
    /// <param name="whyNotReady">Why the services take no new connections; null if they do.</param>
    /// <param name="errors">Receives its faults.</param>
    /// <exception cref="IOException">An address is not available.</exception>
    public static MetricsServer Start(
        IReadOnlyList<EndPoint> where, (IReadOnlyList<Socket> Taken, IReadOnlyList<EndPoint> Open) sockets,
        Func<string?> whyNotReady, TextWriter errors)
    {
        var exporter = new PrometheusExporter(meter => meter.Name is "Hawser" or "System.Runtime");
        // Its own connections do not count.
        var meter = new Meter("Hawser.Metrics");
        var routes = new Dictionary<string, HttpRoute>
        {
            ["/metrics"] = HttpRoute.Get(() => new HttpResponse(
                HttpStatus.Done, PrometheusExporter.ContentType, Encoding.UTF8.GetBytes(exporter.Render()))),
            ["/healthz"] = HttpRoute.Get(() => HttpResponse.Line(HttpStatus.Done, "ok")),
            ["/readyz"] = HttpRoute.Get(() => whyNotReady() is { } why
                ? HttpResponse.Line(HttpStatus.Unavailable, why)
                : HttpResponse.Line(HttpStatus.Done, "ready")),
        };
        HttpHosts? hosts = HttpAddress.IsLocal(where) ? new HttpHosts() : null;
        try
        {
            ServerOptions options = SideServer.Options("the metrics server", errors) with
            {
                EndPoints = sockets.Open,
                Sockets = sockets.Taken,
                Meter = meter,
            };
            Server server = HttpServer.Start("--metrics", new HttpResponder(routes, hosts), options);
            return new MetricsServer(exporter, meter, server);
        }
        catch
        {
            exporter.Dispose();
            meter.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _exporter.Dispose();
        _meter.Dispose();
    }
}
