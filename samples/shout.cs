#:project ../src/Hawser/Hawser.csproj
#:property PublishAot=false
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Hawser;
using Hawser.Models;

await using Server server = Server.Start(new ShoutHandler(), new ServerOptions
{
    EndPoints = [IPEndPoint.Parse(args is [_, var at, ..] ? at : "127.0.0.1:7000")],
    Model = ConcurrencyModels.Get(args is [var name, ..] ? name : "epoll"),
});
Console.WriteLine($"Listening on {server.EndPoints[0]}; press Ctrl-C to stop");
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    _ = server.StopAsync();
});
await server.Completion;

internal sealed class ShoutHandler : IConnectionHandler
{
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        while (await connection.WaitForInputAsync() == InputState.Ready
            && await connection.TryReadLineAsync(limit: 1024) is { } line)
        {
            string shouted = Encoding.UTF8.GetString(line.Span).ToUpperInvariant();
            await connection.WriteAsync(Encoding.UTF8.GetBytes(shouted + "\n"));
        }
    }
}
