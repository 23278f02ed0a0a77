using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Native;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Conformance;

public sealed class ConfigureSocketTest
{
    [Fact]
    public async Task Listening_sockets_are_configured_before_they_are_bound_and_connections_inherit_it()
    {
        int configured = 0;
        var accepted = new ConcurrentQueue<bool>();
        var model = new ConcurrencyModel("looking", "looks at sockets", _ => new LookingModel(socket =>
            accepted.Enqueue((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)! != 0
                && socket.NoDelay)));
        await using TestServer server = TestServer.Start(model, new LambdaHandler(Handlers.EchoAsync), options => options with
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)],
            ConfigureSocket = socket =>
            {
                Assert.False(socket.IsBound);
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                configured++;
            },
        });

        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);

        Assert.Equal(2, configured);
        Assert.Equal([true], accepted);
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task A_peer_that_does_not_read_holds_less_than_a_megabyte_of_kernel_memory(string model)
    {
        Assert.SkipUnless(Platform.IsLinux, "other systems bound it by the send buffer");
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            while (true)
                await connection.WriteAsync(new byte[100_000]);
        }, options => options with { Limits = TestServer.Limits with { IdleTimeout = TimeSpan.FromMilliseconds(500) } });
        using RawClient client = await server.ConnectAsync(receiveBufferBytes: 4_096);

        await Patience.UntilAsync(() => server.Observer.ClosedOnes.Count == 1);

        Assert.InRange(server.Observer.ClosedOnes.Single().Connection.BytesSent, 1, 1_000_000);
    }

    [Fact]
    public void An_error_of_the_socket_configuration_reaches_the_caller() =>
        Assert.Throws<InvalidDataException>(() => TestServer.Start("threads", Handlers.EchoAsync, options => options with
        {
            ConfigureSocket = _ => throw new InvalidDataException(),
        }));

    private sealed class LookingModel(Action<Socket> look) : IConcurrencyModel
    {
        public Task RunAsync(Func<Task> life) => ModelThread.Start("looking", life);

        public ValueTask<Transport> AcceptAsync(ListenerSet listeners, CancellationToken stopping)
        {
            AcceptedSocket accepted = listeners.Accept(stopping);
            look(accepted.Socket);
            return new ValueTask<Transport>(SocketTransports.Blocking(accepted));
        }

        public ValueTask AdmitAsync(Transport accepted, Func<Task> serve)
        {
            ModelThread.Run(serve);
            return ValueTask.CompletedTask;
        }
    }
}
