namespace Hawser.Tests.Support;

/// <summary>A handler written where it is used.</summary>
internal sealed class LambdaHandler(Func<Connection, CancellationToken, Task> handle) : IConnectionHandler
{
    public LambdaHandler(Func<Connection, Task> handle) : this((connection, _) => handle(connection))
    {
    }

    public Task HandleAsync(Connection connection, CancellationToken stopping) => handle(connection, stopping);
}
