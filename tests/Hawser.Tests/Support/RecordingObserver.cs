using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Hawser.Limits;

namespace Hawser.Tests.Support;

/// <summary>Records the events of a server and lets a test wait for the next closed connection.</summary>
internal sealed class RecordingObserver : IServerObserver
{
    private readonly Channel<(Connection Connection, CloseReason Reason)> _ends =
        Channel.CreateUnbounded<(Connection, CloseReason)>();

    private readonly ConcurrentQueue<Connection> _accepted = new();
    private readonly ConcurrentQueue<(Connection Connection, CloseReason Reason)> _closed = new();
    private readonly ConcurrentQueue<Exception> _faults = new();
    private readonly ConcurrentQueue<string> _failedHandshakes = new();
    private readonly ConcurrentQueue<DrainReport> _drains = new();
    private readonly ConcurrentQueue<EndPoint> _listening = new();
    private readonly ConcurrentQueue<string> _exhaustions = new();
    private readonly ConcurrentQueue<long> _recoveries = new();
    private readonly ConcurrentQueue<string> _warnings = new();
    private readonly ConcurrentQueue<(RefusalReason Reason, EndPoint Peer)> _refusals = new();

    public IReadOnlyCollection<Connection> AcceptedOnes => _accepted;

    public IReadOnlyCollection<(Connection Connection, CloseReason Reason)> ClosedOnes => _closed;

    public IReadOnlyCollection<Exception> Faults => _faults;

    public IReadOnlyCollection<string> FailedHandshakes => _failedHandshakes;

    public IReadOnlyCollection<DrainReport> Drains => _drains;

    public IReadOnlyCollection<EndPoint> ListeningAt => _listening;

    public IReadOnlyCollection<string> Exhaustions => _exhaustions;

    public IReadOnlyCollection<long> Recoveries => _recoveries;

    public IReadOnlyCollection<(RefusalReason Reason, EndPoint Peer)> Refusals => _refusals;

    public IReadOnlyCollection<string> Warnings => _warnings;

    public async Task<(Connection Connection, CloseReason Reason)> NextEndAsync() =>
        await _ends.Reader.ReadAsync().AsTask().Bounded();

    public async Task<CloseReason> NextReasonAsync() => (await NextEndAsync()).Reason;

    public void Listening(EndPoint endPoint) => _listening.Enqueue(endPoint);

    public void Accepted(Connection connection) => _accepted.Enqueue(connection);

    public void Closed(Connection connection, CloseReason reason)
    {
        _closed.Enqueue((connection, reason));
        _ends.Writer.TryWrite((connection, reason));
    }

    public void HandshakeFailed(Connection connection, ProtocolException why) => _failedHandshakes.Enqueue(why.Message);

    public void Faulted(Connection connection, Exception fault) => _faults.Enqueue(fault);

    public void Faulted(Exception fault) => _faults.Enqueue(fault);

    public void Exhausted(string what) => _exhaustions.Enqueue(what);

    public void Recovered(long shed) => _recoveries.Enqueue(shed);

    public void Refused(RefusalReason reason, EndPoint peer) => _refusals.Enqueue((reason, peer));

    public void Warned(string what) => _warnings.Enqueue(what);

    public void Drained(DrainReport report) => _drains.Enqueue(report);
}
