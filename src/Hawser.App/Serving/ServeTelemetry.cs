using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Hawser.App.Metrics;
using Hawser.App.Serving.Configuration;
using Hawser.Services.Text;

namespace Hawser.App.Serving;

/// <summary>The metrics of a program's services: their meters, and what serves or sends the values. Without the options
/// for it, none of this is loaded.</summary>
internal sealed class ServeTelemetry : IAsyncDisposable
{
    private readonly List<Meter> _meters = [];
    private readonly IReadOnlyList<EndPoint>? _where;
    private MetricsServer? _server;
    private OtlpExport? _export;

    private ServeTelemetry(IReadOnlyList<EndPoint>? where) => _where = where;

    /// <summary>Serves the metrics; null: none does.</summary>
    public Server? Server => _server?.Server;

    /// <summary>Starts to send to the collector, if there is one.</summary>
    /// <param name="reporting">What is asked for.</param>
    /// <param name="errors">Receives a warning when the collector fails.</param>
    /// <returns>Null if nothing needs meters.</returns>
    public static ServeTelemetry? Start(ServeReporting reporting, TextWriter errors)
    {
        if (reporting is { Metrics: null, Collector: null, Dashboard: null })
            return null;
        var telemetry = new ServeTelemetry(reporting.Metrics?.EndPoints);
        if (reporting.Collector is not null)
            telemetry.Send(reporting.Collector, errors);
        return telemetry;
    }

    /// <summary>Serves the metrics, if they have addresses.</summary>
    /// <param name="take">Finds sockets that listen there already, and the addresses without one.</param>
    /// <param name="whyNotReady">Why the services take no new connections; null if they do.</param>
    /// <param name="errors">Receives its faults.</param>
    /// <exception cref="IOException">An address is not available.</exception>
    public void Serve(
        Func<IReadOnlyList<EndPoint>, (IReadOnlyList<Socket> Taken, IReadOnlyList<EndPoint> Open)> take,
        Func<string?> whyNotReady, TextWriter errors)
    {
        if (_where is not null)
            Serve(_where, take(_where), whyNotReady, errors);
    }

    /// <summary>Prints the addresses of the metrics, a line each.</summary>
    public void Announce(TextWriter errors)
    {
        if (_server is null)
            return;
        foreach (EndPoint endPoint in _server.EndPoints)
        {
            errors.WriteLine($"metrics at http://{EndPointText.Of(endPoint)}/metrics"
                + (_server.IsExposed ? "; no authentication" : ""));
        }
    }

    /// <summary>Makes the meter of a service, with its name.</summary>
    public Meter MeterOf(string service)
    {
        Meter meter = CreateMeter(service);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>A meter as the dashboard and the exporters know it.</summary>
    /// <param name="service">The service that it measures.</param>
    public static Meter CreateMeter(string service) =>
        new(new MeterOptions("Hawser") { Tags = [new("hawser.service", service)] });

    /// <summary>Sends the last values, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _export?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _meters.ForEach(static meter => meter.Dispose());
    }

    // In methods of their own: neither loads the assemblies of the other.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Serve(
        IReadOnlyList<EndPoint> where, (IReadOnlyList<Socket> Taken, IReadOnlyList<EndPoint> Open) sockets,
        Func<string?> whyNotReady, TextWriter errors) =>
        _server = MetricsServer.Start(where, sockets, whyNotReady, errors);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Send(Uri collector, TextWriter errors) => _export = new OtlpExport(collector, errors);
}
