using System.Diagnostics.Metrics;
using System.Net;
using Hawser.App.Dashboard;
using Hawser.App.Metrics;
using Hawser.App.Serving;
using Hawser.App.SideServers;
using Hawser.App.Status;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Ping;
using Hawser.Services.Text;

namespace Hawser.App.Demo;

/// <summary><c>hawser demo --watch</c>: all models side by side on the dashboard, each with the same clients: polite
/// ones, and one whose answers block the thread that makes them.</summary>
internal sealed class DemoWatch : IAsyncDisposable
{
    /// <summary>Polite clients of each model.</summary>
    public const int PoliteClients = 4;

    /// <summary>How long each answer to the slow client blocks its thread.</summary>
    public static readonly TimeSpan Blocking = TimeSpan.FromMilliseconds(800);

    private readonly List<ServiceHost> _hosts = [];
    private readonly List<Meter> _meters = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ClientLoop _clients = ClientLoop.Start("hawser demo clients");
    private readonly List<Task> _running = [];
    private DashboardServer? _dashboard;

    private DemoWatch()
    {
    }

    /// <summary>Where the dashboard is.</summary>
    public string Url => $"http://{EndPointText.Of(_dashboard!.Server.EndPoints[0])}/";

    /// <summary>Starts the servers, their clients and the dashboard.</summary>
    /// <param name="dashboard">Where the dashboard is to be.</param>
    /// <param name="errors">Receives its address, and faults.</param>
    /// <param name="drain">Ends the demonstration.</param>
    /// <exception cref="IOException">The address is not available.</exception>
    public static async Task<DemoWatch> StartAsync(DashboardOptions dashboard, TextWriter errors, Action drain)
    {
        var watch = new DemoWatch();
        try
        {
            watch.Start(dashboard, errors, drain);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        await Task.WhenAll(_hosts.Select(host => host.DisposeAsync().AsTask()));
        if (_dashboard is not null)
            await _dashboard.DisposeAsync();
        await _clients.DisposeAsync();
        _meters.ForEach(static meter => meter.Dispose());
        _stop.Dispose();
    }

    private void Start(DashboardOptions options, TextWriter errors, Action drain)
    {
        ConcurrencyModel[] models = [.. ConcurrencyModels.All.Where(model => model.IsAvailable)];
        ServerTelemetry[] telemetry =
        [
            .. models.Select(model => new ServerTelemetry(model.Name) { RoundTrips = new DurationCounts() }),
        ];
        _dashboard = DashboardServer.Start(options, telemetry, ([], options.Where.EndPoints), errors);
        _dashboard.Announce(errors);
        var observer = new FaultLog("the demo", errors);
        foreach (ConcurrencyModel model in models)
            _hosts.Add(StartServer(model, _dashboard.Source.Observe(model.Name, observer)));
        var sources = models.Zip(_hosts).Select(server => new StatusSource(
            server.First.Name, server.First.Name, server.Second.Server, errors.WriteLine));
        _dashboard.Source.Board = new StatusBoard(
            sources, drain, () => _stop.IsCancellationRequested, "the dashboard");
        foreach ((ServiceHost host, ServerTelemetry server) in _hosts.Zip(telemetry))
        {
            var client = new DemoClient(_clients, host.EndPoint, _stop.Token);
            for (int number = 1; number <= PoliteClients; number++)
                _running.Add(client.RunPoliteAsync(number, server.RoundTrips!));
            _running.Add(client.RunSlowAsync());
        }
    }

    private ServiceHost StartServer(ConcurrencyModel model, IServerObserver observer)
    {
        var service = new PingService();
        var settings = new ServiceSettings();
        settings.SetValue(PingService.SlowClient, new Dictionary<long, TimeSpan> { [DemoClient.Slow] = Blocking });
        Meter meter = ServeTelemetry.CreateMeter(model.Name);
        _meters.Add(meter);
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Errors = TextWriter.Null,
            Output = Stream.Null,
            Fail = _ => { },
        };
        return ServiceHost.Start(service, settings, environment, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = model,
            Backlog = service.DefaultBacklog,
            // At its end, clients of a model that serves one at a time still wait.
            Limits = service.DefaultLimits with { Connections = 100, DrainTimeout = TimeSpan.FromSeconds(1) },
            Observer = observer,
            Meter = meter,
        });
    }
}
