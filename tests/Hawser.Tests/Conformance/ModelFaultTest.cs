using Hawser.Models;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A custom model that cannot take a connection.</summary>
public sealed class ModelFaultTest
{
    [Fact]
    public async Task A_model_that_throws_at_admission_loses_only_that_connection()
    {
        var model = new ConcurrencyModel("refusing", "refuses the first", _ => new RefusingModel(new InvalidDataException()));
        await using TestServer server = TestServer.Start(model, new LambdaHandler(Handlers.EchoAsync), options => options with
        {
            Limits = TestServer.Limits with { Connections = 1 },
        });

        await AssertResetAsync(server);
        await AssertServesAsync(server);

        Assert.IsType<InvalidDataException>(Assert.Single(server.Observer.Faults));
    }

    [Fact]
    public async Task Without_free_threads_the_server_backs_off()
    {
        var model = new ConcurrencyModel("refusing", "refuses the first", _ => new RefusingModel(new InsufficientMemoryException()));
        await using TestServer server = TestServer.Start(model, new LambdaHandler(Handlers.EchoAsync), options => options with
        {
            Limits = TestServer.Limits with { Connections = 1 },
        });

        await AssertResetAsync(server);
        // A client that connects while the server sheds is shed too.
        while (await Record.ExceptionAsync(() => AssertServesAsync(server)) is { } shed)
            Assert.True(shed is System.Net.Sockets.SocketException or EndOfStreamException, $"{shed}");

        Assert.Empty(server.Observer.Faults);
        Assert.Equal(["threads"], server.Observer.Exhaustions);
    }

    [Fact]
    public async Task A_transport_that_throws_when_it_opens_loses_only_that_connection()
    {
        var model = new ConcurrencyModel("refusing", "cannot open the first",
            _ => new RefusingModel(refusal: null, inner => new UnopenableTransport(inner)));
        await using TestServer server = TestServer.Start(model, new LambdaHandler(Handlers.EchoAsync), options => options with
        {
            Limits = TestServer.Limits with { Connections = 1 },
        });

        await AssertResetAsync(server);
        await AssertServesAsync(server);

        Assert.IsType<InvalidDataException>(Assert.Single(server.Observer.Faults));
    }

    [Fact]
    public async Task A_connection_whose_address_cannot_be_read_for_want_of_memory_frees_its_place()
    {
        var model = new ConcurrencyModel(
            "refusing", "cannot name the first", _ => new RefusingModel(refusal: null, inner => new NamelessTransport(inner)));
        await using TestServer server = TestServer.Start(model, new LambdaHandler(Handlers.EchoAsync), options => options with
        {
            Limits = TestServer.Limits with { Connections = 1, ConnectionsPerAddress = 1 },
        });

        await AssertResetAsync(server);
        await AssertServesAsync(server);

        Assert.IsType<InsufficientMemoryException>(Assert.Single(server.Observer.Faults));
    }

    private static async Task AssertResetAsync(TestServer server)
    {
        // The reset may come before the client knows that it is connected.
        Exception? end = await Record.ExceptionAsync(async () =>
        {
            using RawClient refused = await server.ConnectAsync();
            Assert.Empty(await refused.ReceiveToEndAsync());
        });
        Assert.True(end is null or System.Net.Sockets.SocketException, $"{end}");
    }

    private static async Task AssertServesAsync(TestServer server)
    {
        using RawClient served = await server.ConnectAsync();
        await served.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await served.ReceiveExactlyAsync(1));
        served.FinishSending();
        Assert.Equal(CloseReason.PeerFinished, await server.Observer.NextReasonAsync());
    }

    /// <summary>Serves one connection after the other, but not the first: it throws, or without an exception, wraps the
    /// first transport.</summary>
    private sealed class RefusingModel(Exception? refusal, Func<Transport, Transport>? wrap = null) : IConcurrencyModel
    {
        private bool _hasRefused;
        private bool _hasAccepted;

        public Task RunAsync(Func<Task> life) => ModelThread.Start("refusing", life);

        public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
        {
            Transport accepted = SocketTransports.Blocking(listeners.Accept(stopping));
            bool isFirst = !_hasAccepted;
            _hasAccepted = true;
            return new(isFirst && wrap is not null ? wrap(accepted) : accepted);
        }

        public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
        {
            if (!_hasRefused && refusal is not null)
            {
                _hasRefused = true;
                throw refusal;
            }
            ModelThread.Run(serve);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class UnopenableTransport(Transport inner) : LayeredTransport(inner)
    {
        public override void Open() => throw new InvalidDataException();
    }

    private sealed class NamelessTransport(Transport inner) : LayeredTransport(inner)
    {
        public override System.Net.EndPoint? RemoteEndPoint => throw new InsufficientMemoryException();
    }
}
