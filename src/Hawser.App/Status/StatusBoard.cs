using System.Diagnostics;
using Hawser.Limits;
using Hawser.Services.Text;

namespace Hawser.App.Status;

/// <summary>Answers the requests to the servers of this process, and logs what they change. Not thread-safe.</summary>
internal sealed class StatusBoard
{
    private readonly IReadOnlyList<Shown> _servers;
    private readonly Action _drain;
    private readonly Func<bool> _isDraining;
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <param name="servers">The servers.</param>
    /// <param name="drain">Begins to stop the process, as SIGTERM does.</param>
    /// <param name="isDraining">It has begun.</param>
    public StatusBoard(IEnumerable<StatusSource> servers, Action drain, Func<bool> isDraining)
    {
        _servers = [.. servers.Select(server => new Shown(server))];
        _drain = drain;
        _isDraining = isDraining;
    }

    /// <summary>Carries a request out.</summary>
    /// <returns>The lines of the answer, without its end; made while they are read.</returns>
    /// <exception cref="FormatException">The request is refused; also thrown while the lines are read.</exception>
    public IEnumerable<StatusAnswer> Answer(StatusRequest request)
    {
        switch (request)
        {
            case ListRequest list:
                return _servers.SelectMany(server => List(server, list));
            case CloseRequest close:
                Close(Find(close.Server), close.Id);
                return [];
            case LimitsRequest change:
                ChangeLimits(Find(change.Server), change.Set);
                return [];
            default:
                _servers[0].Source.Note("hawser status asked to drain");
                _drain();
                return [];
        }
    }

    private Shown Find(string name) => _servers.FirstOrDefault(server => server.Name == name)
        ?? throw new FormatException($"no server '{name}' in this process");

    private IEnumerable<StatusAnswer> List(Shown server, ListRequest list)
    {
        // The ended connections are counted before the open ones are read, so that none counts twice.
        (long connections, long received, long sent) = server.Source.Ended();
        IReadOnlyList<ConnectionSnapshot> open = server.Server.ReadConnections();
        int admitted = Math.Max(open.Count, server.Server.Connections);
        server.Raise(
            connections + admitted,
            received + open.Sum(connection => connection.BytesReceived),
            sent + open.Sum(connection => connection.BytesSent));
        yield return new ServerStatus
        {
            Protocol = StatusProtocol.Version,
            Pid = Environment.ProcessId,
            Name = server.Name,
            Model = server.Source.Model,
            Listeners = [.. server.Server.EndPoints.Select(EndPointText.Of)],
            UptimeSeconds = Stopwatch.GetElapsedTime(_begun).TotalSeconds,
            Draining = _isDraining(),
            Connections = open.Count,
            Queued = admitted - open.Count,
            Accepted = server.Accepted,
            BytesReceived = server.Received,
            BytesSent = server.Sent,
            Limits = [.. server.Server.ReadLimits().Select(limit => StatusOf(server.Server, limit))],
        };
        foreach (ConnectionSnapshot connection in
            StatusProtocol.Sort(open, list.Sort ?? StatusProtocol.Orders[0]).Take(list.Connections ?? int.MaxValue))
        {
            yield return ConnectionStatus.Of(server.Name, connection);
        }
    }

    private static LimitStatus StatusOf(Server server, LimitUse use)
    {
        string name = LimitOptions.NameOf(use.Name);
        return new LimitStatus(
            name, double.IsPositiveInfinity(use.Limit) ? null : use.Limit, use.Current, use.Maximum, use.Struck,
            LimitOptions.CanChange(server.Limits, name));
    }

    private static void Close(Shown server, long id)
    {
        if (!server.Server.TryAbortConnection(id))
            throw new FormatException($"{server.Name} has no connection {id}");
        server.Source.Note($"hawser status closed connection {id}");
    }

    private static void ChangeLimits(Shown server, IReadOnlyDictionary<string, string> values)
    {
        server.Server.ChangeLimits(limits => values.Aggregate(limits, (changed, value) => LimitOptions.Change(
            changed, value.Key, value.Value ?? throw new FormatException($"{value.Key}: has no value"))));
        server.Source.Note("hawser status set "
            + Printable.Line(string.Join(", ", values.Select(value => $"{value.Key}={value.Value}"))));
    }

    /// <summary>A server, and its counters as they were last shown.</summary>
    private sealed class Shown(StatusSource source)
    {
        private long _accepted;
        private long _received;
        private long _sent;

        public StatusSource Source => source;

        public string Name => source.Name;

        public Server Server => source.Server;

        public long Accepted => _accepted;

        public long Received => _received;

        public long Sent => _sent;

        /// <summary>Raises the counters: one that is about to end is missing for a moment.</summary>
        public void Raise(long accepted, long received, long sent)
        {
            _accepted = Math.Max(_accepted, accepted);
            _received = Math.Max(_received, received);
            _sent = Math.Max(_sent, sent);
        }
    }
}

/// <summary>A server that is shown.</summary>
/// <param name="Name">Its service, which no other server of the process has.</param>
/// <param name="Model">The name of its model.</param>
/// <param name="Server">The server.</param>
/// <param name="Ended">The connections that have ended, and the bytes that they received and sent.</param>
/// <param name="Note">Logs a line.</param>
internal sealed record StatusSource(
    string Name, string Model, Server Server, Func<(long Connections, long Received, long Sent)> Ended,
    Action<string> Note);
