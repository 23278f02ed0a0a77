using System.Net;
using Hawser.Limits;

namespace Hawser.App.Http;

/// <summary>Answers GET and HEAD by path. A small server of its own beside the services: it needs no ASP.NET
/// (docs/decisions/0060-metrics.md).</summary>
/// <param name="routes">By path. They run on the connection's thread.</param>
/// <param name="isLocal">The server listens on the loopback interface only: a name other than localhost is refused,
/// because a page on the web may resolve its own name to this machine (DNS rebinding).</param>
internal sealed class HttpResponder(IReadOnlyDictionary<string, Func<HttpResponse>> routes, bool isLocal)
    : IConnectionHandler
{
    /// <summary>The limits of a server with this handler: 64 connections, of which 48 may wait for a request; 10 s for
    /// the first byte, 2 minutes between requests; and a request or a response must move 100 bytes a second over any
    /// 5 s.</summary>
    public static ServerLimits Limits { get; } = new()
    {
        Connections = 64,
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        IdleTimeout = TimeSpan.FromMinutes(2),
        MinimumRate = new MinimumRate(100, TimeSpan.FromSeconds(5)),
        DrainTimeout = TimeSpan.FromSeconds(1),
        LingerTimeout = TimeSpan.FromSeconds(1),
    };

    // Idle clients keep out no other: over this number the oldest is reset.
    private const int MostWaiting = 48;

    private readonly EvictionQueue _waiting = new(MostWaiting);

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        bool keepsAlive = true;
        while (keepsAlive)
        {
            HttpRequest? request = null;
            HttpResponse response;
            LinkedListNode<Connection> place = _waiting.Enter(connection, out Connection? oldest);
            oldest?.Abort();
            try
            {
                request = await connection.WaitForInputAsync() == InputState.Ready
                    ? await HttpRequest.ReadAsync(connection)
                    : null;
                if (request is null)
                    return;
                response = Answer(request);
            }
            catch (HttpException e)
            {
                response = HttpResponse.Line(e.Status, e.Message);
            }
            finally
            {
                _waiting.Leave(place);
            }
            keepsAlive = request is { KeepsAlive: true } && response.Stream is null
                && !stopping.IsCancellationRequested;
            bool isHead = request is { Method: "HEAD" };
            await connection.WriteAsync(response.ToBytes(isHead, keepsAlive));
            if (response.Stream is not null && !isHead)
                await response.Stream(connection, stopping);
        }
    }

    private HttpResponse Answer(HttpRequest request)
    {
        if (isLocal && !IsOfThisMachine(request.Host))
            return HttpResponse.Line(HttpStatus.Misdirected, "use localhost or an address");
        return routes.TryGetValue(request.Path, out Func<HttpResponse>? respond)
            ? respond()
            : HttpResponse.Line(HttpStatus.NotFound, $"use {string.Join(", ", routes.Keys)}");
    }

    private static bool IsOfThisMachine(string host) =>
        host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host, out _);
}
