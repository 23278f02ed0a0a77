using System.Net.Sockets;
using System.Text;
using Hawser.App.Status;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary>Clients of the status socket that begin well and then send junk.</summary>
public sealed class StatusLateJunkTest
{
    private const int Tries = 12;

    private static readonly byte[] Request = "{\"command\":\"status\"}\n"u8.ToArray();

    [Theory, Models]
    public async Task Junk_after_a_request_changes_nothing_and_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model);
        ServerLimits before = server.Server.Limits;
        for (int seed = 0; seed < Tries; seed++)
        {
            using RawClient liar = await RawClient.ConnectAsync(server.EndPoint);
            byte[] junk = Junk(seed);
            // By turns in one piece with the request, and after its answer.
            if (seed % 2 == 0)
            {
                await liar.SendAsync(Request);
                await ReadAnswerAsync(liar);
            }
            try
            {
                await liar.SendAsync(seed % 2 == 0 ? junk : [.. Request, .. junk]);
                liar.FinishSending();
                await liar.ReceiveToEndAsync();
            }
            catch (SocketException)
            {
                // A reset is as good an end as any.
            }
            CloseReason reason = await server.Observer.NextReasonAsync();
            Assert.True(reason is CloseReason.ProtocolError or CloseReason.Truncated or CloseReason.PeerReset, $"{reason}");
        }

        using RawClient honest = await RawClient.ConnectAsync(server.EndPoint);
        await honest.SendAsync(Request);
        Assert.Contains($"\"accepted\":{Tries + 1}", await ReadAnswerAsync(honest), StringComparison.Ordinal);
        Assert.Same(before, server.Server.Limits);
        Assert.Empty(server.Observer.Faults);
    }

    private static TestServer Start(string model)
    {
        StatusHandler? own = null;
        var handler = new LambdaHandler((connection, stopping) => own!.HandleAsync(connection, stopping));
        TestServer server = TestServer.Start(
            ConcurrencyModels.Get(model), handler, options => options with { Layers = [] });
        own = new StatusHandler(Task.FromResult(new StatusBoard(
            [new StatusSource("own", model, server.Server, _ => { })],
            () => Assert.Fail("junk has stopped the server"), () => false)));
        return server;
    }

    private static async Task<string> ReadAnswerAsync(RawClient client)
    {
        var answer = new StringBuilder();
        for (string line = ""; line != "{\"type\":\"end\"}"; answer.Append(line))
            line = await client.ReceiveLineAsync();
        return $"{answer}";
    }

    /// <summary>By turns random bytes, a command that is cut, and one with junk for a value.</summary>
    private static byte[] Junk(int seed)
    {
        byte[] noise = new byte[4096];
        new Random(seed).NextBytes(noise);
        return (seed / 2 % 3) switch
        {
            0 => noise,
            1 => "{\"command\":\"drain\""u8.ToArray(),
            _ => [.. "{\"command\":\"close\",\"server\":\"own\",\"id\":"u8, .. noise, (byte)'}', (byte)'\n'],
        };
    }
}
