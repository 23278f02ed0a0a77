using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hawser.Layers;

namespace Hawser.Telemetry;

/// <summary>The span of a connection, from the first layer to the close; what a handler starts is its child.</summary>
internal static class ConnectionSpan
{
    private static readonly ActivitySource Source = new("Hawser");

    /// <summary>Somebody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <returns>Null if the span is not sampled.</returns>
    public static Activity? Begin(Connection connection)
    {
        Activity? span = Source.CreateActivity("hawser.connection", ActivityKind.Server);
        if (span is null)
            return null;
        span.SetTag("hawser.connection.id", connection.Id);
        switch (connection.RemoteEndPoint)
        {
            case IPEndPoint peer:
                span.SetTag("network.transport", "tcp");
                span.SetTag("network.type", peer.AddressFamily == AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4");
                span.SetTag("network.peer.address", peer.Address.ToString());
                span.SetTag("network.peer.port", peer.Port);
                break;
            case UnixDomainSocketEndPoint:
                span.SetTag("network.transport", "unix");
                break;
        }
        switch (connection.LocalEndPoint)
        {
            case IPEndPoint local:
                span.SetTag("server.address", local.Address.ToString());
                span.SetTag("server.port", local.Port);
                break;
            case UnixDomainSocketEndPoint path:
                span.SetTag("server.address", path.ToString());
                break;
        }
        return span.Start();
    }

    /// <summary>Ends the span.</summary>
    public static void End(Activity? span, Connection connection, CloseReason reason)
    {
        using Activity? ending = span;
        if (span is null)
            return;
        span.SetTag("hawser.connection.received", connection.BytesReceived);
        span.SetTag("hawser.connection.sent", connection.BytesSent);
        if (connection.Features.Get<TlsSession>() is { } session)
            span.SetTag("tls.protocol.version", session.Version);
        if (ReasonName.OfError(reason) is { } error)
        {
            span.SetTag("error.type", error);
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
