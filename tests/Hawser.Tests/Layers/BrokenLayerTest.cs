using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Layers;

/// <summary>A custom layer that fails on close affects only its own connection.</summary>
public sealed class BrokenLayerTest
{
    [Theory, Models]
    public async Task A_layer_that_throws_on_close_frees_its_place(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync, options => options with
        {
            Layers = [(inner, _) => new(new BrokenTransport(inner) { ThrowsAtClose = true })],
            Limits = TestServer.Limits with { Connections = 2 },
        });
        for (int i = 0; i < 6; i++)
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x\n");
            Assert.Equal("x", await client.ReceiveLineAsync());
            client.FinishSending();
            Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
        }
        await Patience.UntilAsync(() => server.Server.Connections == 0);
    }

    [Theory, Models]
    public async Task A_layer_that_refuses_a_peer_is_reported_with_its_reason(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoLinesAsync, options => options with
        {
            Layers =
            [
                async (inner, cancel) =>
                {
                    await new Connection(inner).ReadAsync(cancel);
                    throw new ProtocolException("unwelcome");
                },
            ],
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");

        Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        Assert.Equal(["unwelcome"], server.Observer.FailedHandshakes);
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_protocol_error_of_the_handler_is_no_failed_handshake(string model)
    {
        await using TestServer server = TestServer.Start(
            model, async connection =>
            {
                await connection.ReadAsync();
                throw new ProtocolException("unwelcome");
            },
            options => options with { Layers = [(inner, _) => new(inner)] });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        // The server lingers until then.
        client.FinishSending();

        Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        Assert.Empty(server.Observer.FailedHandshakes);
    }

    [Theory, Models]
    public async Task A_layer_that_throws_on_abort_does_not_delay_the_stop(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Layers = [(inner, _) => new(new BrokenTransport(inner) { ThrowsAtAbort = true })],
            Limits = TestServer.Limits with { DrainTimeout = TimeSpan.FromMilliseconds(50) },
        });
        DrainReport report = await StopWithOneAsync(server);

        Assert.Equal(1, report.Aborted + report.Stuck);
    }

    [Theory, Models]
    public async Task A_layer_that_blocks_on_interrupt_does_not_delay_the_stop(string model)
    {
        using var blocked = new ManualResetEventSlim();
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Layers = [(inner, _) => new(new BrokenTransport(inner) { Blocks = blocked })],
            Limits = TestServer.Limits with { DrainTimeout = TimeSpan.FromMilliseconds(50) },
        });
        DrainReport report = await StopWithOneAsync(server);
        blocked.Set();

        Assert.Equal(1, report.Aborted + report.Stuck);
    }

    private static async Task<DrainReport> StopWithOneAsync(TestServer server)
    {
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);
        return await server.Server.StopAsync().Bounded();
    }

    private sealed class BrokenTransport(Transport inner) : LayeredTransport(inner)
    {
        public bool ThrowsAtClose { get; init; }

        public bool ThrowsAtAbort { get; init; }

        public ManualResetEventSlim? Blocks { get; init; }

        public override void Interrupt()
        {
            Blocks?.Wait();
            base.Interrupt();
        }

        public override void Abort()
        {
            base.Abort();
            if (ThrowsAtAbort)
                throw new IOException("at the abort");
        }

        public override void Close()
        {
            if (ThrowsAtClose)
                throw new IOException("at the close");
            base.Close();
        }
    }
}
