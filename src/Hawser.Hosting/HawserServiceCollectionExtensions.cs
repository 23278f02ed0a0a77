using Hawser.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Hawser servers to a host.</summary>
public static class HawserServiceCollectionExtensions
{
    /// <summary>Adds a server that starts and stops with the host. <see cref="HostedServer"/>, keyed by the name, is
    /// its handle.</summary>
    /// <remarks>The section <c>Hawser:NAME</c> of the configuration overrides <paramref name="configure"/>. Its keys
    /// are <c>Listen</c> (an address or several; <see cref="HawserServerOptions.Listen"/>), <c>Model</c>,
    /// <c>Threads</c>, <c>Loops</c>, <c>Backlog</c>, and <c>Limits</c> with the properties of
    /// <see cref="Hawser.ServerLimits"/>, times as <c>00:00:30</c>. An unknown key is an error at the start.</remarks>
    /// <param name="services">The services of the host.</param>
    /// <param name="name">Unique among the host's servers; also the category <c>Hawser.NAME</c> of the log.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public static HawserServerBuilder AddHawserServer(
        this IServiceCollection services, string name, Action<HawserServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (services.Any(each => each.ServiceType == typeof(HostedServer) && name.Equals(each.ServiceKey)))
            throw new ArgumentException($"there is a server '{name}' already", nameof(name));
        OptionsBuilder<HawserServerOptions> options = services.AddOptions<HawserServerOptions>(name);
        if (configure is not null)
            options.Configure(configure);
        options.Configure<IServiceProvider>((target, provider) =>
        {
            if (provider.GetService<IConfiguration>() is { } configuration)
                ServerConfiguration.Apply(configuration.GetSection(ServerConfiguration.SectionOf(name)), target);
        });
        services.AddKeyedSingleton(name, (provider, _) => new HostedServer(name, provider));
        services.AddSingleton<IHostedService>(
            provider => provider.GetRequiredKeyedService<HostedServer>(name));
        return new HawserServerBuilder(name, services);
    }
}
