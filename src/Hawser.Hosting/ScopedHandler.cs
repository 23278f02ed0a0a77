using Microsoft.Extensions.DependencyInjection;

namespace Hawser.Hosting;

/// <summary>Serves each connection with a handler from a dependency injection scope of its own.</summary>
internal sealed class ScopedHandler<T>(IServiceScopeFactory scopes, int descriptorsPerConnection) : IConnectionHandler
    where T : class, IConnectionHandler
{
    public int DescriptorsPerConnection => descriptorsPerConnection;

    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<T>().HandleAsync(connection, stopping);
    }
}
