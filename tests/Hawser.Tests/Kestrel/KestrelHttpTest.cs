using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Hawser.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hawser.Tests.Kestrel;

/// <summary>HTTP/1.1, HTTP/2 and WebSockets over every transport, spoken by .NET's own clients.</summary>
public sealed class KestrelHttpTest
{
    [Theory, Transports]
    public async Task Requests_of_one_connection_are_answered_in_order(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(
            transport, context => context.Response.WriteAsync($"{context.Connection.Id} {context.Request.Path}\n"));
        using RawClient client = await host.ConnectAsync();

        await client.SendAsync("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        string first = await ReceiveBodyAsync(client);
        string second = await ReceiveBodyAsync(client);
        await client.SendAsync("GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        string last = await ReceiveBodyAsync(client);

        Assert.EndsWith(" /1", first, StringComparison.Ordinal);
        Assert.Equal(first.Replace("/1", "/2"), second);
        Assert.Equal(first.Replace("/1", "/3"), last);
        // The end of the chunked body, then that of the stream.
        Assert.Equal("\r\n0\r\n\r\n"u8.ToArray(), await client.ReceiveToEndAsync());
    }

    /// <summary>Under <c>pool</c> they wait for one of its eight threads; elsewhere all are in progress at
    /// once.</summary>
    [Theory, Transports(Concurrent = true)]
    public async Task A_thousand_concurrent_uploads_arrive_whole(string transport)
    {
        const int uploads = 1_000;
        int begun = 0;
        var allHaveBegun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelHost host = await KestrelHost.StartAsync(transport, context =>
        {
            if (Interlocked.Increment(ref begun) == (transport == "pool" ? 1 : uploads))
                allHaveBegun.SetResult();
            return HashAsync(context);
        });
        using HttpClient client = host.CreateClient();
        // Otherwise an idle connection would keep its thread under pool.
        client.DefaultRequestHeaders.ConnectionClose = true;

        await Task.WhenAll(Enumerable.Range(0, uploads).Select(async n =>
        {
            byte[] body = new byte[50_000 + n];
            Random.Shared.NextBytes(body);
            using HttpResponseMessage answer =
                await client.PostAsync("/", new TwoPartContent(body, allHaveBegun.Task));
            Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync());
        })).Bounded();

        Assert.Equal(uploads, begun);
    }

    [Theory, Transports]
    public async Task A_large_body_arrives_whole(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(transport, HashAsync);
        using HttpClient client = host.CreateClient();
        byte[] body = RandomNumberGenerator.GetBytes(24_000_000);

        using HttpResponseMessage answer = await client.PostAsync("/", new ByteArrayContent(body)).Bounded();

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync());
    }

    [Theory, Transports]
    public async Task A_web_socket_echoes_messages_and_closes(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(transport, _ => { }, application =>
        {
            application.UseWebSockets();
            application.Run(EchoAsync);
        });
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://{host.EndPoint}"), CancellationToken.None).Bounded();
        byte[] message = RandomNumberGenerator.GetBytes(1_000_000);

        Task sending = client.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        using var received = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await client.ReceiveAsync(buffer, CancellationToken.None).Bounded();
            received.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        await sending.Bounded();
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None).Bounded();

        Assert.Equal(message, received.ToArray());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
    }

    [Theory, Transports]
    public async Task Concurrent_requests_share_a_connection_of_http_2_over_tls(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(
            transport, KestrelHost.UseHttp2, application => application.Run(HashAsync));
        using HttpClient client = host.CreateClient("https");
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            byte[] body = new byte[50_000 + n];
            Random.Shared.NextBytes(body);
            using HttpResponseMessage answer = await client.PostAsync("/", new ByteArrayContent(body));
            Assert.Equal(HttpVersion.Version20, answer.Version);
            Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync());
        })).Bounded();
    }

    /// <summary>The request body, its hash.</summary>
    private static async Task HashAsync(HttpContext context)
    {
        byte[] hash = await SHA256.HashDataAsync(context.Request.Body);
        await context.Response.WriteAsync(Convert.ToHexString(hash));
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, CancellationToken.None)
            is { MessageType: not WebSocketMessageType.Close } part)
            await socket.SendAsync(
                buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    /// <summary>Reads an answer with one chunk; its end is left for the next call.</summary>
    private static async Task<string> ReceiveBodyAsync(RawClient client)
    {
        string line;
        while ((line = await client.ReceiveLineAsync()) != "Transfer-Encoding: chunked\r")
        {
        }
        Assert.Equal("\r", await client.ReceiveLineAsync());
        await client.ReceiveLineAsync();
        return await client.ReceiveLineAsync();
    }

    /// <summary>A body whose second half is sent after a task.</summary>
    private sealed class TwoPartContent(byte[] bytes, Task between) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            int half = bytes.Length / 2;
            await stream.WriteAsync(bytes.AsMemory(0, half));
            await stream.FlushAsync();
            await between;
            await stream.WriteAsync(bytes.AsMemory(half));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
