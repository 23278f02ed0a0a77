using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Hawser.App.Metrics;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>The metrics of a program's services: their meters, and what serves or sends the values. Without the options
/// for it, none of this is loaded.</summary>
internal sealed class ServeTelemetry : IAsyncDisposable
{
    private readonly List<Meter> _meters = [];
    private MetricsServer? _server;
    private OtlpExport? _export;

    private ServeTelemetry()
    {
    }

    /// <summary>Starts what is asked for.</summary>
    /// <returns>Null if nothing is.</returns>
    /// <exception cref="IOException">An address of <c>--metrics</c> is not available.</exception>
    public static ServeTelemetry? Start(ServeReporting reporting, Func<string?> whyNotReady, TextWriter errors)
    {
        if (reporting.Metrics is null && reporting.Collector is null)
            return null;
        var telemetry = new ServeTelemetry();
        if (reporting.Metrics is not null)
            telemetry.Serve(reporting.Metrics, whyNotReady, errors);
        if (reporting.Collector is not null)
            telemetry.Send(reporting.Collector);
        return telemetry;
    }

    /// <summary>Makes the meter of a service, with its name.</summary>
    public Meter MeterOf(string service)
    {
        var meter = new Meter(new MeterOptions("Hawser") { Tags = [new("hawser.service", service)] });
        _meters.Add(meter);
        return meter;
    }

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
    private void Serve(IReadOnlyList<EndPoint> where, Func<string?> whyNotReady, TextWriter errors)
    {
        try
        {
            _server = MetricsServer.Start(where, whyNotReady, errors);
        }
        catch (ListenException e)
        {
            throw new IOException($"--metrics: {e.Message}", e);
        }
        foreach (EndPoint endPoint in _server.EndPoints)
        {
            errors.WriteLine($"metrics at http://{EndPointText.Of(endPoint)}/metrics"
                + (_server.IsExposed ? "; no authentication" : ""));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Send(Uri collector) => _export = new OtlpExport(collector);
}
