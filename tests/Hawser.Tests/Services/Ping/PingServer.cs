using System.Net;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Ping;

namespace Hawser.Tests.Services.Ping;

/// <summary>A ping server on a port of its own, whose log can be waited for.</summary>
internal sealed class PingServer : IAsyncDisposable
{
    private readonly ServiceHost _host;

    private PingServer(ServiceHost host, LineRecorder log)
    {
        _host = host;
        Log = log;
    }

    public LineRecorder Log { get; }

    public EndPoint EndPoint => _host.EndPoint;

    public static PingServer Start(string model, string? slowClient = null, int threads = 8, bool verbose = false)
    {
        var settings = new ServiceSettings();
        if (slowClient is not null)
            settings.Set(PingService.SlowClient, slowClient);
        if (verbose)
            settings.Set(PingService.Verbose, "true");
        var log = new LineRecorder();
        var environment = new ServiceEnvironment
        {
            Log = log,
            Errors = TextWriter.Null,
            Output = Stream.Null,
            Fail = _ => { },
        };
        return new PingServer(
            ServiceHost.Start(new PingService(), settings, environment, new ServerOptions
            {
                EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Model = ConcurrencyModels.Get(model),
                ModelOptions = new ModelOptions { Threads = threads },
            }),
            log);
    }

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(EndPoint);

    public Task StopAsync() => _host.StopAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
