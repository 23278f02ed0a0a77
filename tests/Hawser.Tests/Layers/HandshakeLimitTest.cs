using Hawser.Layers;
using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Layers;

/// <summary>The limit of handshakes under way.</summary>
public sealed class HandshakeLimitTest
{
    private const int Limit = 4;
    private const int HalfOpen = 12;

    // Under pool a half-open handshake holds one of few threads, and the others wait for it, not in a handshake.
    [Theory, Models(ModelKind.Concurrent, Except = "pool")]
    public async Task Half_open_handshakes_keep_out_nobody(string model)
    {
        await using TestServer server = Start(model, Limit);
        var silent = new List<RawClient>();
        for (int i = 0; i < HalfOpen; i++)
        {
            // One may be reset before its connect has returned.
            await Record.ExceptionAsync(async () => silent.Add(await RawClient.ConnectAsync(server.EndPoint)));
        }
        await Patience.UntilAsync(() => Evicted(server) == HalfOpen - Limit);
        Assert.Equal(Limit, Use(server).Current);

        using TlsPeer polite = await TlsPeer.ConnectAsync(server.EndPoint);
        await polite.SendAsync("hello"u8.ToArray());
        await polite.SendCloseNotifyAsync();
        Assert.Equal("hello"u8.ToArray(), await polite.ReceiveToEndAsync());

        await Patience.UntilAsync(() => Evicted(server) == HalfOpen - Limit + 1);
        Assert.Equal(HalfOpen - Limit + 1, Use(server).Hits);
        Assert.Equal(Limit, Use(server).Maximum);
        Assert.Equal(Limit - 1, Use(server).Current);
        Assert.Empty(server.Observer.Faults);
        // They are counted as what they are, once.
        Assert.Empty(server.Observer.FailedHandshakes);
        silent.ForEach(client => client.Dispose());
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Finished_handshakes_do_not_count(string model)
    {
        await using TestServer server = Start(model, limit: 1);
        var peers = new List<TlsPeer>();
        for (int i = 0; i < 4; i++)
        {
            TlsPeer peer = await TlsPeer.ConnectAsync(server.EndPoint);
            peers.Add(peer);
            // The client's handshake ends before the server's.
            await peer.SendAsync("h"u8.ToArray());
            await peer.Stream.ReadExactlyAsync(new byte[1]).AsTask().Bounded();
        }

        foreach (TlsPeer peer in peers)
        {
            await peer.SendAsync("ello"u8.ToArray());
            await peer.SendCloseNotifyAsync();
            Assert.Equal("ello"u8.ToArray(), await peer.ReceiveToEndAsync());
            peer.Dispose();
        }
        Assert.Equal(0, Use(server).Hits);
    }

    private static TestServer Start(string model, int limit) => TestServer.Start(
        model, Handlers.EchoAsync, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server, Patience.Limit)],
            Limits = TestServer.Limits with { Handshakes = limit },
        });

    private static int Evicted(TestServer server) =>
        server.Observer.ClosedOnes.Count(closed => closed.Reason == CloseReason.HandshakeLimit);

    private static LimitUse Use(TestServer server) =>
        server.Server.ReadLimits().Single(use => use.Name == nameof(ServerLimits.Handshakes));
}
