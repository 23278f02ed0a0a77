using Hawser.Kestrel;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Puts Kestrel on Hawser.</summary>
public static class HawserWebHostBuilderExtensions
{
    /// <summary>Serves Kestrel's TCP and Unix domain socket endpoints by Hawser. Everything above the connection stays
    /// Kestrel's: TLS, HTTP/1.1, HTTP/2, WebSockets. Call it after <c>UseKestrel</c>.</summary>
    /// <param name="hostBuilder">The web host.</param>
    /// <param name="configure">Sets options: the model, the limits.</param>
    public static IWebHostBuilder UseHawser(
        this IWebHostBuilder hostBuilder, Action<HawserTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        return hostBuilder.ConfigureServices(services =>
        {
            services.AddSingleton<IConnectionListenerFactory, HawserListenerFactory>();
            if (configure is not null)
                services.Configure(configure);
        });
    }
}
