using System.Text;
using Hawser;

internal sealed class GreetHandler : IConnectionHandler
{
    public async Task HandleAsync(Connection connection, CancellationToken stopping) =>
        await connection.WriteAsync(Encoding.ASCII.GetBytes("hello\n"));
}
