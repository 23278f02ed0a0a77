using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hawser.Hosting;

/// <summary>A server that starts and stops with its host. A keyed service: the key is the server's name.</summary>
/// <remarks>All servers of a host stop accepting as soon as the host begins to stop. Conversations in progress then
/// have <see cref="ServerLimits.DrainTimeout"/>, or until the host's shutdown timeout if that is shorter. If a server
/// can no longer accept, the host stops.</remarks>
public sealed partial class HostedServer : IHostedService, IDisposable
{
    private readonly IServiceProvider _services;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger _logger;
    private readonly LoggingObserver _observer;
    private CancellationTokenRegistration _onStopping;
    private volatile bool _isStopping;

    internal HostedServer(string name, IServiceProvider services)
    {
        Name = name;
        _services = services;
        _lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger($"Hawser.{name}");
        _observer = new LoggingObserver(_logger);
    }

    /// <summary>The name of the server.</summary>
    public string Name { get; }

    /// <summary>The running server.</summary>
    /// <exception cref="InvalidOperationException">The host has not started it.</exception>
    public Server Server => Running ?? throw new InvalidOperationException($"server '{Name}' has not started");

    internal Server? Running { get; private set; }

    internal bool IsExhausted => _observer.IsExhausted;

    /// <summary>Starts the server; called by the host.</summary>
    /// <exception cref="InvalidOperationException">It has no handler or address, or a key or value of its configuration
    /// is malformed.</exception>
    /// <exception cref="ArgumentException">An option is out of bounds.</exception>
    /// <exception cref="ListenException">An address is not available.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        HawserServerOptions options =
            _services.GetRequiredService<IOptionsMonitor<HawserServerOptions>>().Get(Name);
        if (options.EndPoints.Count == 0)
        {
            throw new InvalidOperationException(
                $"server '{Name}' has no address; set {ServerConfiguration.SectionOf(Name)}:Listen, or call Listen on its "
                + "options");
        }
        IConnectionHandler handler = _services.GetKeyedService<IConnectionHandler>(Name)
            ?? throw new InvalidOperationException($"server '{Name}' has no handler; call UseHandler");
        Running = Server.Start(handler, options.ToServerOptions([.. options.EndPoints], _observer));
        _onStopping = _lifetime.ApplicationStopping.Register(BeginStop);
        _ = WatchAsync(Running);
        return Task.CompletedTask;
    }

    /// <summary>Drains and stops the server; called by the host.</summary>
    /// <param name="cancellationToken">The end of the host's shutdown timeout: aborts the connections that are
    /// left.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Running is null)
            return;
        await _onStopping.DisposeAsync();
        BeginStop();
        await Running.StopAsync(cancellationToken);
        await Running.DisposeAsync();
    }

    /// <summary>Closes the listeners of a host that failed to start.</summary>
    public void Dispose()
    {
        _onStopping.Dispose();
        if (Running is not null)
            BeginStop();
    }

    private void BeginStop()
    {
        _isStopping = true;
        _ = Running!.StopAsync();
    }

    private async Task WatchAsync(Server server)
    {
        try
        {
            await server.Completion;
        }
        catch (Exception e) when (!_isStopping)
        {
            LogBroken(e);
            _lifetime.StopApplication();
        }
        catch (Exception e)
        {
            LogBroken(e);
        }
    }

    [LoggerMessage(20, LogLevel.Critical, "The server cannot accept connections any more; stopping the host")]
    private partial void LogBroken(Exception fault);
}
