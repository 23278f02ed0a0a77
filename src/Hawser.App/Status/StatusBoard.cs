using System.Diagnostics;
using Hawser.App.Metrics;
using Hawser.Limits;
using Hawser.Services.Text;

namespace Hawser.App.Status;

/// <summary>Answers the requests to the servers of this process, and logs what they change. Thread-safe. Each way to
/// ask has a board of its own, which the log names.</summary>
internal sealed class StatusBoard
{
    private readonly IReadOnlyList<StatusSource> _servers;
    private readonly Action _drain;
    private readonly Func<bool> _isDraining;
    private readonly string _asker;
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <param name="servers">The servers.</param>
    /// <param name="drain">Begins to stop the process, as SIGTERM does.</param>
    /// <param name="isDraining">It has begun.</param>
    /// <param name="asker">Whose requests it answers, for the log.</param>
    public StatusBoard(
        IEnumerable<StatusSource> servers, Action drain, Func<bool> isDraining, string asker = "hawser status")
    {
        _servers = [.. servers];
        _drain = drain;
        _isDraining = isDraining;
        _asker = asker;
    }

    /// <summary>Carries a request out.</summary>
    /// <returns>The lines of the answer, without its end; made while they are read.</returns>
    /// <exception cref="FormatException">The request is refused.</exception>
    public IEnumerable<StatusAnswer> Answer(StatusRequest request)
    {
        switch (request)
        {
            case ListRequest { Connections: < 0 } list:
                throw new FormatException($"connections: '{list.Connections}' is negative");
            case ListRequest list:
                // Before the first line of the answer.
                string order = list.Sort is { } sort ? StatusProtocol.ParseOrder(sort) : StatusProtocol.Orders[0];
                return _servers.SelectMany(server => List(server, order, list.Connections ?? int.MaxValue));
            case CloseRequest close:
                Close(Find(close.Server), close.Id);
                return [];
            case LimitsRequest change:
                ChangeLimits(Find(change.Server), change.Set);
                return [];
            default:
                _servers[0].Note($"{_asker} asked to drain");
                _drain();
                return [];
        }
    }

    private StatusSource Find(string name) => _servers.FirstOrDefault(server => server.Name == name)
        ?? throw new FormatException($"no server '{name}' in this process");

    private IEnumerable<StatusAnswer> List(StatusSource server, string order, int most)
    {
        IReadOnlyList<ConnectionSnapshot> open = server.Server.ReadConnections();
        // Read after the connections, so that every listed connection is counted.
        ServerCounts counts = server.Server.ReadCounts();
        yield return new ServerStatus
        {
            Protocol = StatusProtocol.Version,
            Pid = Environment.ProcessId,
            Name = server.Name,
            Model = server.Model,
            Listeners = [.. server.Server.EndPoints.Select(EndPointText.Of)],
            UptimeSeconds = Stopwatch.GetElapsedTime(_begun).TotalSeconds,
            Draining = _isDraining(),
            Connections = open.Count,
            Queued = (int)counts.Queued,
            Accepted = counts.Accepted,
            BytesReceived = counts.BytesReceived,
            BytesSent = counts.BytesSent,
            ConnectionDurations = server.Durations?.Read(),
            Limits = [.. server.Server.ReadLimits().Select(limit => StatusOf(server.Server, limit))],
        };
        foreach (ConnectionSnapshot connection in StatusProtocol.Sort(open, order).Take(most))
            yield return ConnectionStatus.Of(server.Name, connection);
    }

    private static LimitStatus StatusOf(Server server, LimitUse use)
    {
        string name = LimitOptions.NameOf(use.Name);
        return new LimitStatus
        {
            Name = name,
            Limit = double.IsPositiveInfinity(use.Limit) ? null : use.Limit,
            Current = use.Current,
            Maximum = use.Maximum,
            Hits = use.Hits,
            Changeable = LimitOptions.CanChange(server.Limits, name),
        };
    }

    private void Close(StatusSource server, long id)
    {
        if (!server.Server.TryAbortConnection(id))
            throw new FormatException($"{server.Name} has no connection {id}");
        server.Note($"{_asker} closed connection {id}");
    }

    private void ChangeLimits(StatusSource server, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
            throw new FormatException("set: names no limit");
        server.Server.ChangeLimits(limits => values.Aggregate(limits, (changed, value) => LimitOptions.Change(
            changed, value.Key, value.Value ?? throw new FormatException($"{value.Key}: has no value"))));
        server.Note($"{_asker} set "
            + Printable.Line(string.Join(", ", values.Select(value => $"{value.Key}={value.Value}"))));
    }
}

/// <summary>A server that is shown.</summary>
/// <param name="Name">Its service, which no other server of the process has.</param>
/// <param name="Model">The name of its model.</param>
/// <param name="Server">The server.</param>
/// <param name="Note">Logs a line.</param>
/// <param name="Durations">How long connections were served that have ended; null if unknown.</param>
internal sealed record StatusSource(
    string Name, string Model, Server Server, Action<string> Note, DurationCounts? Durations = null);
