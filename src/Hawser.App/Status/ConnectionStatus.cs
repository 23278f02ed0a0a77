using Hawser.Services.Text;

namespace Hawser.App.Status;

/// <summary>One connection of a server.</summary>
internal sealed record ConnectionStatus : StatusAnswer
{
    public required int Pid { get; init; }

    /// <summary>The server's name.</summary>
    public required string Server { get; init; }

    public required long Id { get; init; }

    public string? Peer { get; init; }

    public string? Local { get; init; }

    public required DateTime AcceptedAt { get; init; }

    public required double AgeSeconds { get; init; }

    public required double IdleSeconds { get; init; }

    public required long BytesReceived { get; init; }

    public required long BytesSent { get; init; }

    public required string Activity { get; init; }

    public string? Thread { get; init; }

    /// <summary>The version of TLS.</summary>
    public string? Tls { get; init; }

    /// <summary>The server name that the client asked for.</summary>
    public string? TlsName { get; init; }

    /// <summary>The subject of the client's certificate.</summary>
    public string? TlsClient { get; init; }

    /// <summary>The proxy that named the peer.</summary>
    public string? Proxy { get; init; }

    public static ConnectionStatus Of(string server, ConnectionSnapshot shown) => new()
    {
        Pid = Environment.ProcessId,
        Server = server,
        Id = shown.Id,
        Peer = shown.RemoteEndPoint is { } peer ? Short(EndPointText.Of(peer)) : null,
        Local = shown.LocalEndPoint is { } local ? EndPointText.Of(local) : null,
        AcceptedAt = shown.AcceptedAt.UtcDateTime,
        AgeSeconds = shown.Age.TotalSeconds,
        IdleSeconds = shown.Idle.TotalSeconds,
        BytesReceived = shown.BytesReceived,
        BytesSent = shown.BytesSent,
        Activity = shown.Activity.ToString().ToLowerInvariant(),
        Thread = shown.Thread,
        Tls = shown.Tls is { } session ? $"TLS {session.Version}" : null,
        TlsName = shown.Tls is { ServerName: { Length: > 0 } name } ? Short(name) : null,
        TlsClient = shown.Tls?.PeerCertificate is { } certificate ? Short(certificate.Subject) : null,
        Proxy = shown.Proxy is { } proxy ? EndPointText.Of(proxy.Proxy) : null,
    };

    /// <summary>Bounds what a peer may add to a line.</summary>
    private static string Short(string text) =>
        text.Length <= StatusProtocol.LongestPeerText ? text : text[..StatusProtocol.LongestPeerText] + "...";
}
