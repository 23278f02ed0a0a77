using System.Diagnostics;
using Hawser.Models;
using Hawser.Telemetry;

namespace Hawser;

/// <content>What the server measures.</content>
public sealed partial class Server
{
    /// <summary>The switch of <c>EventSourceSupport</c>.</summary>
    private const string EventSourceSwitch = "System.Diagnostics.Tracing.EventSource.IsSupported";

    private ServerMetrics? CreateMetrics()
    {
        if (_options.Meter is null && AppContext.TryGetSwitch(EventSourceSwitch, out bool isSupported) && !isSupported)
            return null;
        var metrics = new ServerMetrics(
            _options, EndPoints is [var first, ..] ? first : null, () => _connections.Count, _tally, _observer.Faulted);
        metrics.AddAdmission(_listeners, _gate, _shedder);
        if (_model is EventLoopModel { Loops: var loops })
            metrics.AddLoops(loops, OnStall);
        return metrics;
    }

    private void OnStall(long caller, TimeSpan time)
    {
        _connections.TryGetValue(caller, out Connection? connection);
        _observer.Stalled(connection, time);
    }

    /// <summary>Serves a connection within a span.</summary>
    private async Task<CloseReason> TraceAsync(Connection connection)
    {
        Activity? span = null;
        _scope.Guard(() => span = ConnectionSpan.Begin(connection));
        CloseReason reason = await HandleAsync(connection);
        _scope.Guard(() => ConnectionSpan.End(span, connection, reason));
        return reason;
    }
}
