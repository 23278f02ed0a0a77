using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Hawser.App.Metrics;
using Hawser.App.Output;
using Hawser.Layers;
using Hawser.Limits;
using Hawser.Services.Text;

namespace Hawser.App.Serving;

/// <summary>Logs the events of a server, and its totals at the end.</summary>
/// <param name="service">The service.</param>
/// <param name="prefix">Names the service if several run.</param>
/// <param name="logs">Receive the lines at the start.</param>
/// <param name="startLines">Printed on the standard error once the server listens.</param>
/// <param name="events">Receives successes; null to discard them.</param>
/// <param name="notes">Receives what an operator wants to know of the server even without its successes.</param>
/// <param name="errors">Receives failures.</param>
/// <param name="isVerbose">Log every connection.</param>
/// <param name="isJson">Log the end of every connection.</param>
internal sealed class ServeObserver(
    string service, string prefix, ServeLogs logs, IEnumerable<string> startLines, StampedWriter? events,
    TextWriter notes, TextWriter errors, bool isVerbose, bool isJson) : IServerObserver
{
    private const int NamedPeers = 5;

    private readonly ConcurrentDictionary<long, (Connection Connection, long Begin)> _open = new();
    private readonly LimitLog _limits = new(errors);
    private readonly StallLog _stalls = new(errors);
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isListening;
    private long _arrived;
    private long _connections;
    private long _received;
    private long _sent;
    private volatile bool _isShedding;

    /// <summary>Descriptors, threads or memory have run out.</summary>
    public bool IsShedding => _isShedding;

    /// <summary>How long connections were served that have ended.</summary>
    public DurationCounts Durations { get; } = new();

    /// <summary>Connections that have been served or refused so far, or are being served.</summary>
    public long Arrived => Interlocked.Read(ref _arrived);

    /// <summary>Completes when the line that says so has been logged.</summary>
    public Task Listens => _listens.Task;

    /// <summary>Logs what an operator has done.</summary>
    public void Note(string what) => notes.WriteLine(what);

    /// <summary>The peers of the open connections and what each has sent, the first five by name.</summary>
    public string DescribeOpen()
    {
        Connection[] open = [.. _open.Values.Select(open => open.Connection).OrderBy(connection => connection.Id)];
        IEnumerable<string> named = open.Take(NamedPeers).Select(connection =>
            $"{prefix}{EndPointText.OfPeer(connection)} ({Quantity.FormatCount(connection.BytesReceived, "byte")} received)");
        return string.Join(", ", named) + (open.Length > NamedPeers ? $" and {open.Length - NamedPeers} more" : "");
    }

    public void Listening(EndPoint endPoint)
    {
        logs.WriteListening(service, prefix, $"Listening on {EndPointText.Of(endPoint)}");
        if (Interlocked.Exchange(ref _isListening, 1) != 0)
            return;
        foreach (string line in startLines)
            logs.WriteStart(service, prefix, line);
        _listens.TrySetResult();
    }

    public void Accepted(Connection connection)
    {
        Interlocked.Increment(ref _arrived);
        _open[connection.Id] = (connection, Stopwatch.GetTimestamp());
        if (isVerbose)
            events?.WriteLine($"connection {connection.Id} from {EndPointText.OfPeer(connection)}");
    }

    public void Refused(RefusalReason reason, EndPoint peer)
    {
        Interlocked.Increment(ref _arrived);
        _limits.Refused(reason);
    }

    public void Closed(Connection connection, CloseReason reason)
    {
        _limits.Closed(reason);
        _open.TryRemove(connection.Id, out (Connection, long Begin) entry);
        Interlocked.Increment(ref _connections);
        Interlocked.Add(ref _received, connection.BytesReceived);
        Interlocked.Add(ref _sent, connection.BytesSent);
        TimeSpan time = Stopwatch.GetElapsedTime(entry.Begin);
        Durations.Record(time);
        if (isVerbose || isJson)
            LogEnd(connection, reason, time);
    }

    public void HandshakeFailed(Connection connection, ProtocolException why) => _limits.HandshakeFailed(
        EndPointText.OfPeer(connection), Printable.Line(why.Message));

    public void Faulted(Connection connection, Exception fault) =>
        errors.WriteLine($"ERROR: fault in connection {connection.Id}: {fault}");

    public void Faulted(Exception fault) => errors.WriteLine($"ERROR: fault: {fault}");

    public void Exhausted(string what)
    {
        _isShedding = true;
        errors.WriteLine($"WARNING: out of {what}: closing new connections until some are free ({Cure(what)})");
    }

    public void Recovered(long shed)
    {
        _isShedding = false;
        notes.WriteLine($"recovered; {Quantity.FormatCount(shed, "connection")} closed unserved");
    }

    public void Stalled(Connection? connection, TimeSpan time) => _stalls.Add(connection, time);

    public void Warned(string what) => errors.WriteLine($"WARNING: {what}");

    public void Drained(DrainReport report)
    {
        _limits.Flush();
        _stalls.Flush();
        if (report.Finished + report.Aborted + report.Stuck > 0)
        {
            TextWriter log = report.Aborted + report.Stuck > 0 ? errors : notes;
            log.WriteLine($"stopped: {Quantity.FormatCount(report.Finished, "connection")} finished, "
                + $"{report.Aborted} aborted, {report.Stuck} unfinished");
        }
        events?.WriteLine($"served {Quantity.FormatCount(_connections, "connection")} in "
            + $"{Quantity.FormatDuration(Stopwatch.GetElapsedTime(_startedAt))}: {Quantity.FormatSize(_received)} received, "
            + $"{Quantity.FormatSize(_sent)} sent");
    }

    private void LogEnd(Connection connection, CloseReason reason, TimeSpan time)
    {
        string peer = EndPointText.OfPeer(connection);
        string name = JsonNamingPolicy.SnakeCaseLower.ConvertName($"{reason}");
        events?.WriteLine(
            $"connection {connection.Id} from {peer} closed after {Quantity.FormatDuration(time)} ({name}): "
            + $"{connection.BytesReceived} bytes received, {connection.BytesSent} sent",
            json =>
            {
                json.WriteNumber("connection", connection.Id);
                json.WriteString("peer", peer);
                json.WriteNumber("seconds", Math.Round(time.TotalSeconds, 6));
                json.WriteNumber("bytes_received", connection.BytesReceived);
                json.WriteNumber("bytes_sent", connection.BytesSent);
                json.WriteString("reason", name);
                if (connection.Features.Get<TlsSession>() is { } session)
                    json.WriteString("tls", $"TLS {session.Version}");
            });
    }

    private static string Cure(string what) => what switch
    {
        "threads" => "raise the limit, see ulimit -u",
        "memory" => "raise the limit of the container or DOTNET_GCHeapHardLimit, or lower --max-connections",
        _ => "raise the limit, see ulimit -n",
    };
}
