using System.Net;
using Hawser.Limits;
using Microsoft.Extensions.Logging;

namespace Hawser.Hosting;

/// <summary>Writes the events of a server to a logger: single connections at <see cref="LogLevel.Debug"/>, faults of
/// handlers as errors with their stack trace. Of the stalls of event loops in the same second, the first is a warning and
/// the others are at <see cref="LogLevel.Debug"/>.</summary>
public sealed partial class LoggingObserver : IServerObserver
{
    private static readonly TimeSpan BetweenStallWarnings = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private long _lastStallWarning;
    private volatile bool _isExhausted;

    /// <param name="logger">Receives the events.</param>
    public LoggingObserver(ILogger logger)
        : this(logger, TimeProvider.System)
    {
    }

    /// <param name="logger">Receives the events.</param>
    /// <param name="time">Tells when a second is over.</param>
    internal LoggingObserver(ILogger logger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(logger);
        _logger = logger;
        _time = time;
        _lastStallWarning = time.GetTimestamp() - time.TimestampFrequency;
    }

    /// <summary>The server sheds connections, because descriptors, threads or memory are exhausted.</summary>
    internal bool IsExhausted => _isExhausted;

    /// <inheritdoc/>
    public void Listening(EndPoint endPoint) => LogListening(endPoint);

    /// <inheritdoc/>
    public void Accepted(Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        LogAccepted(connection.Id, connection.RemoteEndPoint);
    }

    /// <inheritdoc/>
    public void Refused(RefusalReason reason, EndPoint peer) => LogRefused(peer, reason);

    /// <inheritdoc/>
    public void Closed(Connection connection, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(connection);
        LogClosed(connection.Id, reason, connection.BytesReceived, connection.BytesSent);
    }

    /// <inheritdoc/>
    public void HandshakeFailed(Connection connection, ProtocolException why)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(why);
        LogHandshakeFailed(connection.Id, connection.RemoteEndPoint, why.Message);
    }

    /// <inheritdoc/>
    public void Faulted(Connection connection, Exception fault)
    {
        ArgumentNullException.ThrowIfNull(connection);
        LogHandlerFault(fault, connection.Id);
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault) => LogFault(fault);

    /// <inheritdoc/>
    public void Exhausted(string what)
    {
        _isExhausted = true;
        LogExhausted(what);
    }

    /// <inheritdoc/>
    public void Recovered(long shed)
    {
        _isExhausted = false;
        LogRecovered(shed);
    }

    /// <inheritdoc/>
    public void Stalled(Connection? connection, TimeSpan time)
    {
        long last = Volatile.Read(ref _lastStallWarning);
        bool isFirst = _time.GetElapsedTime(last) >= BetweenStallWarnings
            && Interlocked.CompareExchange(ref _lastStallWarning, _time.GetTimestamp(), last) == last;
        LogLevel level = isFirst ? LogLevel.Warning : LogLevel.Debug;
        if (connection is null)
            LogStalled(level, time.TotalMilliseconds);
        else
            LogStalled(level, connection.Id, time.TotalMilliseconds);
    }

    /// <inheritdoc/>
    public void Warned(string what) => LogWarned(what);

    /// <inheritdoc/>
    public void Drained(DrainReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        LogDrained(report.Finished, report.Aborted, report.Stuck);
    }

    [LoggerMessage(1, LogLevel.Information, "Listening on {EndPoint}")]
    private partial void LogListening(EndPoint endPoint);

    [LoggerMessage(2, LogLevel.Debug, "Connection {Connection} from {Peer}")]
    private partial void LogAccepted(long connection, EndPoint? peer);

    [LoggerMessage(3, LogLevel.Debug, "Connection from {Peer} refused: {Reason}")]
    private partial void LogRefused(EndPoint peer, RefusalReason reason);

    [LoggerMessage(4, LogLevel.Debug,
        "Connection {Connection} closed ({Reason}): {Received} bytes received, {Sent} sent")]
    private partial void LogClosed(long connection, CloseReason reason, long received, long sent);

    [LoggerMessage(5, LogLevel.Error, "The handler of connection {Connection} threw")]
    private partial void LogHandlerFault(Exception fault, long connection);

    [LoggerMessage(6, LogLevel.Error, "Code that belongs to no connection threw")]
    private partial void LogFault(Exception fault);

    [LoggerMessage(7, LogLevel.Warning, "Out of {Resource}: closing new connections until some are free")]
    private partial void LogExhausted(string resource);

    [LoggerMessage(8, LogLevel.Information, "Recovered; {Shed} connections closed unserved")]
    private partial void LogRecovered(long shed);

    [LoggerMessage(9, LogLevel.Warning, "{Warning}")]
    private partial void LogWarned(string warning);

    [LoggerMessage(10, LogLevel.Information,
        "Stopped: {Finished} connections finished, {Aborted} aborted, {Stuck} unfinished")]
    private partial void LogDrained(int finished, int aborted, int stuck);

    [LoggerMessage(11, LogLevel.Debug, "Handshake of connection {Connection} from {Peer} failed: {Reason}")]
    private partial void LogHandshakeFailed(long connection, EndPoint? peer, string reason);

    [LoggerMessage(EventId = 12, Message = "Work for connection {Connection} held up its event loop for {Milliseconds} ms")]
    private partial void LogStalled(LogLevel level, long connection, double milliseconds);

    [LoggerMessage(EventId = 13, Message = "Work for no connection held up an event loop for {Milliseconds} ms")]
    private partial void LogStalled(LogLevel level, double milliseconds);
}
