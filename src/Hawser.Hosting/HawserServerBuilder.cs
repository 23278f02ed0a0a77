using System.Diagnostics.CodeAnalysis;
using Hawser.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Completes the registration of one server.</summary>
public sealed class HawserServerBuilder
{
    internal HawserServerBuilder(string name, IServiceCollection services) => (Name, Services) = (name, services);

    /// <summary>The name of the server.</summary>
    public string Name { get; }

    /// <summary>The services of the host.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Serves every connection with a <typeparamref name="T"/> from dependency injection: scoped to the
    /// connection, unless <typeparamref name="T"/> is registered with another lifetime.</summary>
    public HawserServerBuilder UseHandler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, Hawser.IConnectionHandler
    {
        Services.TryAddScoped<T>();
        Services.AddKeyedSingleton<Hawser.IConnectionHandler>(Name, (provider, _) => new ScopedHandler<T>(
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetRequiredService<IOptionsMonitor<HawserServerOptions>>().Get(Name).DescriptorsPerConnection));
        return this;
    }

    /// <summary>Adds a health check of this name: unhealthy unless the server accepts connections, degraded while it
    /// sheds them for want of descriptors, threads or memory. Its data are the addresses, the number of open
    /// connections, and the use of each limit.</summary>
    /// <param name="name">The check's name; default: the server's.</param>
    /// <param name="tags">Tags to select checks by.</param>
    public HawserServerBuilder AddHealthCheck(string? name = null, params IEnumerable<string> tags)
    {
        Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name ?? Name,
            provider => new ServerHealthCheck(provider.GetRequiredKeyedService<HostedServer>(Name)),
            failureStatus: null, tags));
        return this;
    }
}
