using System.Text;
using System.Text.Json;
using Hawser.App.Status;
using Hawser.Layers;
using Hawser.Models;
using Hawser.Tests.Layers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Status;

/// <summary>The status socket against clients that break its protocol, under every model.</summary>
public sealed class StatusHandlerTest
{
    [Theory, Models]
    public async Task Junk_ends_only_its_own_connection(string model)
    {
        await using TestServer server = Start(model);
        string[] junk =
        [
            "x\n", "\0\n", "[]\n", "null\n", "{}\n", "{\"command\":\"fly\"}\n",
            "{\"command\":\"status\",\"secret\":1}\n", "{\"command\":\"close\"}\n",
            "{\"command\":\"close\",\"server\":null,\"id\":1}\n",
            "{\"command\":\"close\",\"server\":\"\\ud800\",\"id\":1}\n",
            "{\"command\":\"close\",\"server\":\"a\",\"id\":1e99}\n",
            new('{', 5_000), new string('[', 3_000) + "\n",
        ];
        foreach (string line in junk)
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            await client.SendAsync(line);
            client.FinishSending();
            string answer = Encoding.UTF8.GetString(await client.ReceiveToEndAsync());

            Assert.Equal("error", Parse(answer).GetProperty("type").GetString());
            Assert.Equal(answer.Length - 1, answer.IndexOf('\n', StringComparison.Ordinal));
            Assert.Equal(CloseReason.ProtocolError, await server.Observer.NextReasonAsync());
        }
        using (RawClient half = await RawClient.ConnectAsync(server.EndPoint))
        {
            await half.SendAsync("{\"command\":");
            half.FinishSending();
            await half.ReceiveToEndAsync();
            Assert.Equal(CloseReason.Truncated, await server.Observer.NextReasonAsync());
        }
        using RawClient good = await RawClient.ConnectAsync(server.EndPoint);
        await good.SendAsync("{\"command\":\"status\"}\n");
        Assert.Equal("own", Parse(await good.ReceiveLineAsync()).GetProperty("name").GetString());
        Assert.Empty(server.Observer.Faults);
    }

    [Theory, Models]
    public async Task A_refused_request_changes_nothing_and_the_next_is_answered(string model)
    {
        await using TestServer server = Start(model);
        ServerLimits before = server.Server.Limits;
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        foreach ((string request, string error) in ((string, string)[])
            [
                ("""{"command":"close","server":"own","id":99}""", "own has no connection 99"),
                ("""{"command":"close","server":"no\u001b","id":1}""", "no server 'no\u001b' in this process"),
                ("""{"command":"status","sort":"x"}""",
                    "'x' is not an order; use one of id, idle, received, sent, bytes"),
                ("""{"command":"limits","server":"own","set":{"idle-timeout":"9s","max-connections":"x"}}""",
                    "max-connections: 'x' is not a number; use a whole number from 1 to 10000000"),
                ("""{"command":"limits","server":"own","set":{"idle-timeout":null}}""",
                    "idle-timeout: has no value"),
                ("""{"command":"limits","server":"own","set":{}}""", "set: names no limit"),
                ("""{"command":"limits","server":"own","set":{"max-per-address":"1"}}""",
                    "max-per-address: cannot change while the server runs; restart it with --max-per-address"),
            ])
        {
            await client.SendAsync(request + "\n");
            JsonElement answer = Parse(await client.ReceiveLineAsync());
            Assert.True(answer.TryGetProperty("message", out JsonElement message), $"{request}: {answer}");
            Assert.Equal(error, message.GetString());
        }
        Assert.Same(before, server.Server.Limits);

        await client.SendAsync("""{"command":"limits","server":"own","set":{"idle-timeout":"9s"}}""" + "\n");
        await client.SendAsync("""{"command":"status"}""" + "\n");
        Assert.Equal("{\"type\":\"end\"}", await client.ReceiveLineAsync());
        Assert.Equal(TimeSpan.FromSeconds(9), server.Server.Limits.IdleTimeout);
        JsonElement shown = Parse(await client.ReceiveLineAsync());
        JsonElement idle = shown.GetProperty("limits").EnumerateArray()
            .Single(limit => limit.GetProperty("name").GetString() == "idle-timeout");
        Assert.Equal((9, true), (idle.GetProperty("limit").GetInt32(), idle.GetProperty("changeable").GetBoolean()));
        Assert.Equal(1, shown.GetProperty("accepted").GetInt32());
        JsonElement connection = Parse(await client.ReceiveLineAsync());
        Assert.Equal($"{client.LocalEndPoint}", connection.GetProperty("peer").GetString());
    }

    [Theory, Models]
    public async Task Ended_connections_stay_counted(string model)
    {
        await using TestServer server = Start(model);
        for (int round = 1; round <= 2; round++)
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            await client.SendAsync("""{"command":"status"}""" + "\n");
            JsonElement shown = Parse(await client.ReceiveLineAsync());
            Assert.Equal(round, shown.GetProperty("accepted").GetInt32());
            Assert.Equal(round * 21, shown.GetProperty("bytes_received").GetInt32());
            Assert.Equal((1, 0),
                (shown.GetProperty("connections").GetInt32(), shown.GetProperty("queued").GetInt32()));
            client.FinishSending();
            await client.ReceiveToEndAsync();
            await server.Observer.NextEndAsync();
        }
    }

    [Theory, Models]
    public async Task A_status_client_that_does_not_read_is_held_by_back_pressure(string model)
    {
        await using TestServer server = Start(model);
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint, receiveBufferBytes: 4096);
        byte[] requests = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat("{\"command\":\"status\"}\n", 10_000)));
        Task sending = client.SendAsync(requests);
        await Patience.UntilAsync(() => server.Server.ReadConnections() is [{ Activity: ConnectionActivity.Sending }]);

        client.Reset();

        await Record.ExceptionAsync(() => sending.Bounded());
        Assert.Equal(CloseReason.PeerReset, await server.Observer.NextReasonAsync());
    }

    [Theory, Models]
    public async Task A_connection_over_tls_shows_its_version_and_the_name_it_asked_for(string model)
    {
        await using TestServer server = TestServer.Start(model, Handlers.EchoAsync, options => options with
        {
            Layers = [TlsLayer.Server(_ => TestCertificate.Server)],
        });
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint, aboveTls: true);
        await client.SendAsync("x");
        await client.ReceiveExactlyAsync(1);

        var shown = ConnectionStatus.Of("own", Assert.Single(server.Server.ReadConnections()));

        Assert.Equal(("TLS 1.3", "hawser.test", null), (shown.Tls, shown.TlsName, shown.TlsClient));
        Assert.Equal("TLS 1.3 hawser.test", StatusText.Layers(shown));
    }

    /// <summary>Starts a server whose board shows itself, under the name "own".</summary>
    private static TestServer Start(string model)
    {
        StatusHandler? own = null;
        var handler = new LambdaHandler((connection, stopping) => own!.HandleAsync(connection, stopping));
        TestServer server = TestServer.Start(
            ConcurrencyModels.Get(model), handler, options => options with { Layers = [] });
        own = new StatusHandler(Task.FromResult(new StatusBoard(
            [new StatusSource("own", model, server.Server, _ => { })], () => { }, () => false)));
        return server;
    }

    private static JsonElement Parse(string line) => JsonDocument.Parse(line).RootElement;
}
