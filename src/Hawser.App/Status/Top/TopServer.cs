using System.Diagnostics;
using Hawser.App.Metrics;

namespace Hawser.App.Status.Top;

/// <summary>A server as <c>hawser top</c> has seen it: its last answer and its history.</summary>
internal sealed class TopServer
{
    // Ten minutes at a sample a second; no terminal is wider.
    private const int MostSamples = 600;

    private readonly List<double?> _open = [];
    private readonly List<double?> _accepts = [];
    private readonly List<double?> _bytes = [];
    private readonly List<double?> _spans = [];
    private long _takenAt;

    public TopServer(StatusClient client, ServerStatus status) => (Client, Status) = (client, status);

    public StatusClient Client { get; }

    public ServerStatus Status { get; private set; }

    /// <summary>The connections listed last, with the bytes per second of each since the list before; null for
    /// one that was not in it.</summary>
    public IReadOnlyList<(ConnectionStatus Connection, double? Rate)> Connections { get; private set; } = [];

    /// <summary>Open connections of each sample, the latest last.</summary>
    public IReadOnlyList<double?> Open => _open;

    /// <summary>Accepts per second since the sample before; null if there is none, also below.</summary>
    public IReadOnlyList<double?> Accepts => _accepts;

    /// <summary>Bytes per second.</summary>
    public IReadOnlyList<double?> Bytes => _bytes;

    /// <summary>The 99th percentile of how long connections were served that ended, in seconds; null if none
    /// did.</summary>
    public IReadOnlyList<double?> Spans => _spans;

    /// <summary>When its process was found to have ended; null while it runs.</summary>
    public DateTime? EndedAt { get; private set; }

    /// <summary>When its process was found not to answer; null while it does.</summary>
    public DateTime? MissedAt { get; private set; }

    /// <summary>Takes the next answer.</summary>
    /// <param name="status">The server.</param>
    /// <param name="connections">Its connections.</param>
    /// <param name="now">The time, as of <see cref="Stopwatch"/>.</param>
    public void Take(ServerStatus status, IReadOnlyList<ConnectionStatus> connections, long now)
    {
        double seconds = _takenAt == 0 ? 0 : Stopwatch.GetElapsedTime(_takenAt, now).TotalSeconds;
        var before = Connections.ToDictionary(known => known.Connection.Id, known => BytesOf(known.Connection));
        Connections =
        [
            .. connections.DistinctBy(connection => connection.Id).Select(connection =>
            {
                long bytes = BytesOf(connection);
                return (connection, before.TryGetValue(connection.Id, out long known) ? PerSecond(bytes - known) : null);
            }),
        ];
        Add(_open, Math.Max(0, status.Connections));
        Add(_accepts, PerSecond(status.Accepted - Status.Accepted));
        Add(_bytes, PerSecond(status.BytesReceived + status.BytesSent - Status.BytesReceived - Status.BytesSent));
        Add(_spans, _takenAt == 0 ? null : DurationCounts.Percentile(
            status.ConnectionDurations ?? [], Status.ConnectionDurations ?? [], 0.99));
        Status = status;
        _takenAt = now;

        double? PerSecond(long count) => seconds > 0 ? Math.Max(0, count) / seconds : null;
    }

    /// <summary>Its process does not answer; null: it does again.</summary>
    public void Miss(DateTime? now) => MissedAt = now;

    /// <summary>Its process has ended.</summary>
    public void End(DateTime now) => EndedAt ??= now;

    /// <summary>Removes what it listed, if it has ended.</summary>
    public void Clear()
    {
        if (EndedAt is not null)
            Connections = [];
    }

    private static long BytesOf(ConnectionStatus connection) => connection.BytesReceived + connection.BytesSent;

    private static void Add(List<double?> samples, double? value)
    {
        if (samples.Count == MostSamples)
            samples.RemoveAt(0);
        samples.Add(value);
    }
}
