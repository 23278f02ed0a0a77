using System.Diagnostics.Metrics;

namespace Hawser.App.Dashboard;

/// <summary>Listens to the meters of servers while it lives; only then do their instruments cost anything.</summary>
internal sealed class TelemetryListener : IDisposable
{
    private readonly MeterListener _listener = new();

    /// <param name="servers">Receive the measurements of the meters whose attribute <c>hawser.service</c> has their
    /// name.</param>
    public TelemetryListener(IReadOnlyList<ServerTelemetry> servers)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Hawser" && instrument.Meter.Tags is { } tags
                && servers.FirstOrDefault(server => tags.Contains(new("hawser.service", server.Name)))
                    ?.TakerOf(instrument) is { } taker)
                listener.EnableMeasurementEvents(instrument, taker);
        };
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, taker) => ((ServerTelemetry.Taker)taker!)(value, tags));
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, taker) => ((ServerTelemetry.Taker)taker!)(value, tags));
        _listener.Start();
    }

    /// <summary>Reads what is observed and not recorded.</summary>
    public void Read() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();
}
