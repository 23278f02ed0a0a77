using System.Net;
using System.Net.Sockets;
using Hawser.App.Http;
using Hawser.App.SideServers;
using Hawser.Services.Text;

namespace Hawser.App.Dashboard;

/// <summary>Serves the dashboard: the page, its events and its commands, on one event loop of its own.</summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    private readonly DashboardOptions _options;

    private DashboardServer(Server server, DashboardSource source, DashboardOptions options)
    {
        Server = server;
        Source = source;
        _options = options;
    }

    public Server Server { get; }

    /// <summary>What pages show.</summary>
    public DashboardSource Source { get; }

    /// <summary>Starts to serve.</summary>
    /// <param name="options">Where, and who may change what.</param>
    /// <param name="servers">The telemetry of the servers that pages show.</param>
    /// <param name="sockets">Sockets that listen at some of the addresses, and the other addresses.</param>
    /// <param name="errors">Receives its faults.</param>
    /// <exception cref="IOException">An address is not available.</exception>
    public static DashboardServer Start(
        DashboardOptions options, IReadOnlyList<ServerTelemetry> servers,
        (IReadOnlyList<Socket> Taken, IReadOnlyList<EndPoint> Open) sockets, TextWriter errors)
    {
        var source = new DashboardSource(servers, options.Token is not null, TimeProvider.System);
        var responder = new HttpResponder(Routes(options, source, errors), HostsOf(options.Where));
        Server server = HttpServer.Start("--dashboard", responder, SideServer.Options("the dashboard", errors) with
        {
            EndPoints = sockets.Open,
            Sockets = sockets.Taken,
        });
        return new DashboardServer(server, source, options);
    }

    /// <summary>Prints its addresses, a line each.</summary>
    public void Announce(TextWriter errors)
    {
        bool isExposed = !HttpAddress.IsLocal(Server.EndPoints);
        foreach (EndPoint endPoint in Server.EndPoints)
        {
            errors.WriteLine($"dashboard at http://{EndPointText.Of(endPoint)}/"
                + (!isExposed ? "" : _options.Token is null ? "; no authentication" : "; anybody may look"));
        }
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>The routes of a dashboard.</summary>
    internal static Dictionary<string, HttpRoute> Routes(
        DashboardOptions options, DashboardSource source, TextWriter errors, TimeProvider? time = null)
    {
        var routes = new Dictionary<string, HttpRoute>(DashboardPage.Routes())
        {
            ["/events"] = HttpRoute.Get(new DashboardStream(source, time ?? TimeProvider.System).Answer),
        };
        if (options.Token is { } token)
        {
            routes["/control"] = HttpRoute.Post(
                new DashboardControl(source, token, time ?? TimeProvider.System, errors).AnswerAsync);
        }
        return routes;
    }

    /// <summary>The hosts that its requests may name.</summary>
    internal static HttpHosts HostsOf(HttpAddress where) => new(where.Host, Environment.MachineName);
}
