using Hawser;

namespace OwnModel;

/// <summary>Returns every byte it receives.</summary>
internal sealed class EchoHandler : IConnectionHandler
{
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        while (await connection.WaitForInputAsync() == InputState.Ready)
            await connection.WriteAsync(await connection.ReadAsync());
    }
}
