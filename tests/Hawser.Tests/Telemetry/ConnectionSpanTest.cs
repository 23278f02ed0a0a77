using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Telemetry;

public sealed class ConnectionSpanTest
{
    [Theory, Models]
    public async Task A_connection_is_one_span_with_its_peer_its_bytes_and_its_error(string model)
    {
        var spans = new ConcurrentDictionary<int, Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Hawser",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("network.peer.port") is int port)
                    spans[port] = span;
            },
        };
        ActivitySource.AddActivityListener(listener);
        ActivityContext child = default;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            await Handlers.EchoLinesAsync(connection);
            // Behind a wait: the handler is still within the span.
            child = Activity.Current?.Context ?? default;
            throw new ProtocolException("on purpose");
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("hello\n");
        await client.ReceiveExactlyAsync(6);
        client.FinishSending();
        await server.Observer.NextEndAsync();

        int port = ((IPEndPoint)client.LocalEndPoint).Port;
        await Patience.UntilAsync(() => spans.ContainsKey(port));
        Activity span = spans[port];
        Assert.Equal(("hawser.connection", ActivityKind.Server), (span.OperationName, span.Kind));
        Assert.Equal(span.Context.SpanId, child.SpanId);
        Assert.Null(span.ParentId);
        Assert.Equal("tcp", span.GetTagItem("network.transport"));
        Assert.Equal("ipv4", span.GetTagItem("network.type"));
        Assert.Equal("127.0.0.1", span.GetTagItem("network.peer.address"));
        Assert.Equal(((IPEndPoint)server.EndPoint).Port, span.GetTagItem("server.port"));
        Assert.Equal(1L, span.GetTagItem("hawser.connection.id"));
        Assert.Equal(6L, span.GetTagItem("hawser.connection.received"));
        Assert.Equal(6L, span.GetTagItem("hawser.connection.sent"));
        Assert.Equal("protocol_error", span.GetTagItem("error.type"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);
    }
}
