using System.Net;
using Hawser.Limits;

namespace Hawser.Connections;

/// <summary>Forwards to an observer and discards its exceptions.</summary>
internal sealed class GuardedObserver(IServerObserver observer) : IServerObserver
{
    public void Listening(EndPoint endPoint) => Guard(() => observer.Listening(endPoint));

    public void Accepted(Connection connection) => Guard(() => observer.Accepted(connection));

    public void Refused(RefusalReason reason, EndPoint peer) => Guard(() => observer.Refused(reason, peer));

    public void Closed(Connection connection, CloseReason reason) => Guard(() => observer.Closed(connection, reason));

    public void HandshakeFailed(Connection connection, ProtocolException why) =>
        Guard(() => observer.HandshakeFailed(connection, why));

    public void Faulted(Connection connection, Exception fault) => Guard(() => observer.Faulted(connection, fault));

    public void Faulted(Exception fault) => Guard(() => observer.Faulted(fault));

    public void Exhausted(string what) => Guard(() => observer.Exhausted(what));

    public void Recovered(long shed) => Guard(() => observer.Recovered(shed));

    public void Stalled(Connection? connection, TimeSpan time) => Guard(() => observer.Stalled(connection, time));

    public void Warned(string what) => Guard(() => observer.Warned(what));

    public void Drained(DrainReport report) => Guard(() => observer.Drained(report));

    private static void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (Exception)
        {
            // As IServerObserver promises.
        }
    }
}
