using System.Net;
using Hawser.Models;

namespace Hawser.Services;

/// <summary>A running service: its server and its handler, started and stopped together.</summary>
public sealed class ServiceHost : IAsyncDisposable
{
    private readonly IConnectionHandler _handler;
    private readonly TaskCompletionSource<string> _failure;

    private ServiceHost(Server server, IConnectionHandler handler, TaskCompletionSource<string> failure)
    {
        Server = server;
        _handler = handler;
        _failure = failure;
        _ = WatchAsync();
    }

    /// <summary>The server.</summary>
    public Server Server { get; }

    /// <summary>The addresses it listens on.</summary>
    public EndPoint EndPoint => Server.EndPoints[0];

    /// <summary>Completes with the reason, one line, if the service can no longer do its work.</summary>
    public Task<string> Failure => _failure.Task;

    /// <summary>Starts a service.</summary>
    /// <param name="service">The service.</param>
    /// <param name="settings">Its options.</param>
    /// <param name="environment">Its environment. A failure calls its <see cref="ServiceEnvironment.Fail"/> and
    /// completes <see cref="Failure"/>.</param>
    /// <param name="options">The addresses, the model and the limits. Its meter is the service's too; without one, only
    /// the server has instruments.</param>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    /// <exception cref="FormatException">The settings contradict each other.</exception>
    public static ServiceHost Start(
        Service service, ServiceSettings settings, ServiceEnvironment environment, ServerOptions options)
    {
        service.Check(settings);
        var failure = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        IConnectionHandler? handler = null;
        try
        {
            handler = service.CreateHandler(settings, environment with
            {
                Meter = options.Meter,
                Fail = why =>
                {
                    environment.Fail(why);
                    failure.TrySetResult(why);
                },
            });
            return new ServiceHost(Server.Start(handler, options), handler, failure);
        }
        catch
        {
            if (handler is not null)
                EndAsync(handler).AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>Starts a service for its own demonstration: on the loopback interface, on a port that the system
    /// chooses, without output.</summary>
    public static ServiceHost StartForDemonstration(
        Service service, ServiceSettings settings, ConcurrencyModel model, Stream output)
    {
        var environment = new ServiceEnvironment
        {
            Log = TextWriter.Null,
            Errors = TextWriter.Null,
            Output = output,
            Fail = _ => { },
        };
        return Start(service, settings, environment, new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = model,
            Backlog = service.DefaultBacklog,
            Limits = service.DefaultLimits,
        });
    }

    /// <summary>Drains the server and disposes the handler.</summary>
    public async Task<DrainReport> StopAsync()
    {
        DrainReport report = await Server.StopAsync();
        await EndAsync(_handler);
        return report;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Server.DisposeAsync();
    }

    private static ValueTask EndAsync(IConnectionHandler handler)
    {
        if (handler is IAsyncDisposable asynchronous)
            return asynchronous.DisposeAsync();
        (handler as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WatchAsync()
    {
        try
        {
            await Server.Completion;
        }
        catch (Exception e)
        {
            // The listener is broken: without an error, it would go unnoticed that no connection is served.
            _failure.TrySetResult($"the server at {EndPoint} cannot accept any more: {e.Message}; start it again");
        }
    }
}
