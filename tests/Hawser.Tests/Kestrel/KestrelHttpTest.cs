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

    [Theory, Transports(Concurrent = true)]
    public async Task Two_hundred_concurrent_uploads_arrive_whole(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(transport, HashAsync);
        using HttpClient client = host.CreateClient();
        // Otherwise an idle connection would keep its thread under pool.
        client.DefaultRequestHeaders.ConnectionClose = true;

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            byte[] body = new byte[100_000 + n];
            Random.Shared.NextBytes(body);
            using HttpResponseMessage answer = await client.PostAsync("/", new ByteArrayContent(body));
            Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync());
        })).Bounded();
    }

    [Theory, Transports]
    public async Task A_large_body_waits_for_an_application_that_does_not_read(string transport)
    {
        var reading = new TaskCompletionSource();
        await using KestrelHost host = await KestrelHost.StartAsync(transport, async context =>
        {
            await reading.Task;
            await HashAsync(context);
        });
        using HttpClient client = host.CreateClient();
        byte[] body = RandomNumberGenerator.GetBytes(24_000_000);
        var sent = new CountingContent(body);

        Task<HttpResponseMessage> posting = client.PostAsync("/", sent);
        await Patience.UntilAsync(() => sent.Sent > 0);
        // Far more than the kernel and the pipe hold.
        Assert.False(sent.IsWhole);
        reading.SetResult();
        using HttpResponseMessage answer = await posting.Bounded();

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync());
    }

    [Theory, Transports]
    public async Task A_large_answer_waits_for_a_client_that_reads_slowly(string transport)
    {
        const int chunkBytes = 64 * 1024;
        const int chunks = 512;
        long written = 0;
        await using KestrelHost host = await KestrelHost.StartAsync(transport, async context =>
        {
            byte[] chunk = new byte[chunkBytes];
            context.Response.ContentLength = (long)chunks * chunkBytes;
            for (int n = 0; n < chunks; n++)
            {
                chunk.AsSpan().Fill((byte)n);
                await context.Response.Body.WriteAsync(chunk);
                Interlocked.Add(ref written, chunkBytes);
            }
        });
        using RawClient client = await host.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        while (await client.ReceiveLineAsync() is not "\r")
        {
        }
        // A chunk counts when its write returns, perhaps after it has arrived. The kernel holds some megabytes.
        for (int n = 0; n < chunks; n++)
        {
            Assert.InRange(Interlocked.Read(ref written) - ((long)n * chunkBytes), -chunkBytes, 16_000_000);
            Assert.Equal(-1, (await client.ReceiveExactlyAsync(chunkBytes)).AsSpan().IndexOfAnyExcept((byte)n));
        }
        Assert.Empty(await client.ReceiveToEndAsync());
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

    /// <summary>Counts the bytes that the client has handed to its socket.</summary>
    private sealed class CountingContent(byte[] bytes) : HttpContent
    {
        private long _sent;

        public long Sent => Interlocked.Read(ref _sent);

        public bool IsWhole => Sent == bytes.Length;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (int at = 0; at < bytes.Length; at += 100_000)
            {
                int count = Math.Min(100_000, bytes.Length - at);
                await stream.WriteAsync(bytes.AsMemory(at, count));
                Interlocked.Add(ref _sent, count);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
