using System.Net;
using System.Text.Json;
using Hawser.Limits;
using Hawser.Services.Text;

namespace Hawser.App.Dashboard;

/// <summary>Feeds the events of a server to the pages that watch, and passes all of them on.</summary>
/// <param name="inner">Receives them first.</param>
/// <param name="feed">Receives those that are news.</param>
/// <param name="server">The server's name.</param>
internal sealed class DashboardObserver(IServerObserver inner, EventFeed feed, string server) : IServerObserver
{
    public void Listening(EndPoint endPoint) => inner.Listening(endPoint);

    public void Accepted(Connection connection) => inner.Accepted(connection);

    public void Refused(RefusalReason reason, EndPoint peer)
    {
        inner.Refused(reason, peer);
        Add(EventKind.Refusal, () => $"refused {Printable.Line($"{peer}")}: {Words(reason)}");
    }

    public void Closed(Connection connection, CloseReason reason)
    {
        inner.Closed(connection, reason);
        Add(EventKind.End, () => $"{Who(connection)} ended: {Words(reason)}; "
            + $"{Quantity.FormatSize(connection.BytesReceived)} received, "
            + $"{Quantity.FormatSize(connection.BytesSent)} sent");
    }

    public void HandshakeFailed(Connection connection, ProtocolException why)
    {
        inner.HandshakeFailed(connection, why);
        Add(EventKind.Handshake, () => $"{Who(connection)}: handshake failed: {Printable.Line(why.Message)}");
    }

    public void Faulted(Connection connection, Exception fault)
    {
        inner.Faulted(connection, fault);
        Add(EventKind.Fault, () => $"{Who(connection)}: fault: {Printable.Line(fault.Message)}");
    }

    public void Faulted(Exception fault)
    {
        inner.Faulted(fault);
        Add(EventKind.Fault, () => $"fault: {Printable.Line(fault.Message)}");
    }

    public void Exhausted(string what)
    {
        inner.Exhausted(what);
        Add(EventKind.Warning, () => $"out of {what}: closing new connections until some are free");
    }

    public void Recovered(long shed)
    {
        inner.Recovered(shed);
        Add(EventKind.Warning, () => $"recovered; {Quantity.FormatCount(shed, "connection")} closed unserved");
    }

    public void Stalled(Connection? connection, TimeSpan time)
    {
        inner.Stalled(connection, time);
        string who = connection is null ? "a connection" : Who(connection);
        Add(EventKind.Stall, () => $"{who} held up its event loop for {Quantity.FormatDuration(time)}");
    }

    public void Warned(string what)
    {
        inner.Warned(what);
        Add(EventKind.Warning, () => Printable.Line(what));
    }

    public void Drained(DrainReport report) => inner.Drained(report);

    private static string Who(Connection connection) =>
        $"connection {connection.Id} from {EndPointText.OfPeer(connection)}";

    /// <summary>As in the log, without its underscores.</summary>
    private static string Words<T>(T reason) where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName($"{reason}").Replace('_', ' ');

    private void Add(EventKind kind, Func<string> text) => feed.Add(server, kind, text);
}
