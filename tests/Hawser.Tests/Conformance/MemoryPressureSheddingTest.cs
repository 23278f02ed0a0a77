using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

public sealed class MemoryPressureSheddingTest
{
    [Theory, Models]
    public async Task Out_of_memory_a_server_sheds_reports_and_recovers(string model)
    {
        bool isShort = true;
        var observer = new RecordingObserver();
        var options = new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            Limits = TestServer.Limits,
            Observer = observer,
        };
        ListenerSet listeners = ListenerSet.Open(options.EndPoints, options.Backlog);
        listeners.IsShortOfMemory = () => Volatile.Read(ref isShort);
        await using Server server = Server.Start(new LambdaHandler(Handlers.EchoAsync), options, listeners);

        Assert.False(await IsServedAsync(server));
        await Patience.UntilAsync(() => observer.Exhaustions.Count == 1);
        Assert.Equal(["memory"], observer.Exhaustions);

        Volatile.Write(ref isShort, false);
        Assert.True(await IsServedAsync(server));
    }

    private static async Task<bool> IsServedAsync(Server server)
    {
        try
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoints[0]);
            await client.SendAsync("x");
            return await client.ReceiveAsync(new byte[1]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
