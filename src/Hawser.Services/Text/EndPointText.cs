using System.Net;
using System.Net.Sockets;

namespace Hawser.Services.Text;

/// <summary>Formats addresses.</summary>
public static class EndPointText
{
    /// <summary>The address as users type it: <c>example.org:8000</c>, <c>[::1]:8000</c> or <c>unix:PATH</c>.</summary>
    public static string Of(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        UnixDomainSocketEndPoint => $"unix:{endPoint}",
        _ => $"{endPoint}",
    };

    /// <summary>The peer of a connection. The client of a Unix domain socket usually has no address: it is "a local
    /// client". One that it has is a path of its own choice, and printed so that it is safe for a terminal.</summary>
    public static string OfPeer(Connection connection) =>
        $"{connection.RemoteEndPoint}" is { Length: > 0 } address ? Printable.Line(address) : "a local client";

    /// <summary>The message of a client's error, with the server's address.</summary>
    public static string Blame(EndPoint server, Exception fault) =>
        // The error of a failed connect names its target.
        fault is ConnectException ? fault.Message : $"{Of(server)}: {fault.Message}";
}
