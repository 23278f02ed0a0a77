using System.Net;
using Hawser.Models;
using Hawser.Services;

namespace Hawser.Tests.Services;

/// <summary>A service on a port of its own, whose log can be waited for.</summary>
internal abstract class RunningService : IAsyncDisposable
{
    private readonly ServiceHost _host;

    protected RunningService(Service service, ServiceSettings settings, string model, ModelOptions? modelOptions = null)
    {
        var environment = new ServiceEnvironment
        {
            Log = Log,
            Errors = TextWriter.Null,
            Output = Stream.Null,
            Fail = _ => { },
        };
        _host = ServiceHost.Start(service, settings, environment, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            ModelOptions = modelOptions ?? new ModelOptions(),
        });
    }

    public LineRecorder Log { get; } = new();

    public EndPoint EndPoint => _host.EndPoint;

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(EndPoint);

    public Task StopAsync() => _host.StopAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
