using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Hawser.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hawser.Tests.Kestrel;

/// <summary>How ASP.NET Core stops over every transport.</summary>
public sealed class KestrelStopTest
{
    [Theory, Transports]
    public async Task A_stop_closes_the_port_and_finishes_the_running_request(string transport)
    {
        var request = new HeldRequest();
        await using KestrelHost host = await KestrelHost.StartAsync(transport, request.AnswerAsync);
        using HttpClient client = host.CreateClient();
        await AssertFinishesAsync(host, client, request);
    }

    [Theory, Transports]
    public async Task A_stop_that_may_not_wait_resets_the_running_request(string transport)
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using KestrelHost host = await KestrelHost.StartAsync(transport, async context =>
        {
            running.SetResult();
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, context.RequestAborted));
        });
        using RawClient client = await host.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await running.Task.Bounded();

        await host.Application.StopAsync(new CancellationToken(canceled: true)).Bounded();

        Assert.True(await client.EndsByResetAsync());
    }

    [Theory, Transports]
    public async Task A_stop_finishes_the_running_request_of_http_2(string transport)
    {
        var request = new HeldRequest();
        await using KestrelHost host = await KestrelHost.StartAsync(
            transport, KestrelHost.UseHttp2, application => application.Run(request.AnswerAsync));
        using HttpClient client = host.CreateClient("https");
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await AssertFinishesAsync(host, client, request);
    }

    /// <summary>The stop may take as long as the requests do, so only the end of the connection completes
    /// it.</summary>
    [Theory, Transports]
    public async Task A_stop_closes_an_idle_connection_in_order(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(
            transport, context => context.Response.WriteAsync("x"));
        using RawClient client = await host.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        while (await client.ReceiveLineAsync() != "0\r")
        {
        }
        Assert.Equal("\r", await client.ReceiveLineAsync());

        await host.Application.StopAsync().Bounded();

        Assert.Empty(await client.ReceiveToEndAsync());
    }

    [Theory, Transports]
    public async Task A_stop_lets_a_web_socket_say_goodbye(string transport)
    {
        await using KestrelHost host = await KestrelHost.StartAsync(transport, _ => { }, application =>
        {
            application.UseWebSockets();
            application.Run(async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                Task<WebSocketReceiveResult> reading = socket.ReceiveAsync(new byte[16], CancellationToken.None);
                await Record.ExceptionAsync(() =>
                    Task.Delay(Timeout.Infinite, application.Lifetime.ApplicationStopping));
                await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "stop", CancellationToken.None);
                Assert.Equal(WebSocketMessageType.Close, (await reading).MessageType);
            });
        });
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://{host.EndPoint}"), CancellationToken.None).Bounded();

        Task stop = host.Application.StopAsync();
        WebSocketReceiveResult last = await client.ReceiveAsync(new byte[16], CancellationToken.None).Bounded();
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Bounded();

        Assert.Equal(
            (WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (last.MessageType, last.CloseStatus));
        await stop.Bounded();
    }

    private static async Task AssertFinishesAsync(KestrelHost host, HttpClient client, HeldRequest request)
    {
        Task<string> answer = client.GetStringAsync("/");
        await request.Running.Bounded();

        Task stop = host.Application.StopAsync();
        await Patience.UntilAsync(() => !CanConnect(host.EndPoint));
        Assert.False(stop.IsCompleted);
        request.Finish();

        Assert.Equal(HeldRequest.Answer, await answer.Bounded());
        await stop.Bounded();
    }

    private static bool CanConnect(EndPoint endPoint)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A request whose answer waits for the test.</summary>
    private sealed class HeldRequest
    {
        public static readonly string Answer = new('x', 1_000_000);

        private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Running => _running.Task;

        public async Task AnswerAsync(HttpContext context)
        {
            _running.SetResult();
            await _finish.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync(Answer);
        }

        public void Finish() => _finish.SetResult();
    }
}
