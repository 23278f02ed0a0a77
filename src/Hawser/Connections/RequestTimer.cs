using Hawser.Telemetry;

namespace Hawser.Connections;

/// <summary>Measures how long a connection's requests take: from the first input after an answer to the end of the next
/// write. The first is measured, and every sixteenth: reading the clock costs as much as parsing a short request. A reader and a
/// writer may use it at once.</summary>
internal struct RequestTimer
{
    private const uint Sampled = 16;

    private const long Unmeasured = -1;

    // 0 between two requests.
    private long _begun;
    private uint _requests;

    /// <summary>Input has arrived.</summary>
    public void Receive(ServerMetrics? metrics)
    {
        if (Volatile.Read(ref _begun) == 0 && metrics is { MeasuresRequests: true })
            Volatile.Write(ref _begun, _requests++ % Sampled == 0 ? metrics.BeginRequest() : Unmeasured);
    }

    /// <summary>A write has ended.</summary>
    public void Answer(ServerMetrics? metrics)
    {
        long begun = Volatile.Read(ref _begun);
        if (begun == 0)
            return;
        Volatile.Write(ref _begun, 0);
        if (begun != Unmeasured)
            metrics!.EndRequest(begun);
    }
}
