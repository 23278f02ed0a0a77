using Hawser.Limits;

namespace Hawser.App.Http;

/// <summary>Answers requests by path. A small server of its own beside the services: it needs no ASP.NET
/// (docs/decisions/0060-metrics.md).</summary>
/// <param name="routes">By path.</param>
/// <param name="hosts">The hosts that requests may name; null for any.</param>
internal sealed class HttpResponder(IReadOnlyDictionary<string, HttpRoute> routes, HttpHosts? hosts)
    : IConnectionHandler
{
    /// <summary>Connections that are left to streams.</summary>
    public const int MostStreams = 8;

    // Clients that wait, send or read slowly keep out no other: over this number the oldest is reset.
    private const int MostExchanges = 24;

    // Some are free even then, because only an accepted connection can take the place of another.
    private const int MostConnections = MostStreams + MostExchanges + 8;

    /// <summary>The limits of a server with this handler: 40 connections; 10 s for the first byte, 2 minutes between
    /// requests; and a request or a response must move 100 bytes a second over any 5 s.</summary>
    public static ServerLimits Limits { get; } = new()
    {
        Connections = MostConnections,
        FirstByteTimeout = TimeSpan.FromSeconds(10),
        IdleTimeout = TimeSpan.FromMinutes(2),
        MinimumRate = new MinimumRate(100, TimeSpan.FromSeconds(5)),
        DrainTimeout = TimeSpan.FromSeconds(1),
        LingerTimeout = TimeSpan.FromSeconds(1),
    };

    private static readonly HttpRoute Misdirected = HttpRoute.Get(
        () => HttpResponse.Line(HttpStatus.Misdirected, "use localhost or an address"));

    private readonly HttpRoute _notFound = HttpRoute.Get(
        () => HttpResponse.Line(HttpStatus.NotFound, $"use {string.Join(", ", routes.Keys)}"));

    private readonly EvictionQueue _exchanges = new(MostExchanges);

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        Func<Connection, CancellationToken, Task>? stream;
        bool keepsAlive;
        do
        {
            LinkedListNode<Connection> place = _exchanges.Enter(connection, out Connection? oldest);
            try
            {
                oldest?.Abort();
                (keepsAlive, stream) = await ExchangeAsync(connection, stopping);
            }
            finally
            {
                _exchanges.Leave(place);
            }
        }
        while (keepsAlive);
        if (stream is not null)
            await stream(connection, stopping);
    }

    /// <summary>Reads a request and writes the response.</summary>
    private async ValueTask<(bool KeepsAlive, Func<Connection, CancellationToken, Task>? Stream)> ExchangeAsync(
        Connection connection, CancellationToken stopping)
    {
        HttpResponse response;
        bool isHead = false;
        bool keepsAlive = false;
        try
        {
            if (await ReadAsync(connection) is not var (request, route))
                return (false, null);
            isHead = request.Method == "HEAD";
            response = await route.Answer(request);
            keepsAlive = request.KeepsAlive && request.Length == request.Body.Length && response.Stream is null
                && !stopping.IsCancellationRequested;
        }
        catch (HttpException e)
        {
            response = e.ToResponse();
        }
        await connection.WriteAsync(response.ToBytes(isHead, keepsAlive));
        return (keepsAlive, isHead ? null : response.Stream);
    }

    /// <summary>Reads a request, with its body if its route takes one.</summary>
    private async ValueTask<(HttpRequest Request, HttpRoute Route)?> ReadAsync(Connection connection)
    {
        if (await connection.WaitForInputAsync() != InputState.Ready
            || await HttpRequest.ReadAsync(connection) is not { } request)
            return null;
        HttpRoute route = RouteOf(request);
        return (route.IsPost ? await request.ReadBodyAsync(connection) : request, route);
    }

    /// <summary>What answers a request: the route of its path, or one that refuses it without reading its
    /// body.</summary>
    private HttpRoute RouteOf(HttpRequest request)
    {
        if (hosts?.Include(request.Host) == false)
            return Misdirected;
        if (!routes.TryGetValue(request.Path, out HttpRoute? route))
            return _notFound;
        return route.Takes(request.Method) ? route : HttpRoute.Get(
            () => HttpResponse.Line(HttpStatus.MethodNotAllowed, $"{request.Path} takes {route.Methods}") with
            {
                Header = $"Allow: {route.Methods}",
            });
    }
}
