using System.Net.WebSockets;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>ASP.NET Core on Hawser, as a program.</summary>
public sealed class WebTest
{
    [Fact]
    public async Task It_answers_requests_counts_bodies_and_echoes()
    {
        await using ProgramProcess web = ProgramProcess.StartForeign(
            "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "Web.dll"), "--urls", "http://127.0.0.1:0");
        string line = await web.Output.LineWithAsync("Now listening on: ");
        var address = new Uri(line[line.IndexOf("http:", StringComparison.Ordinal)..].Trim());
        using var client = new HttpClient { BaseAddress = address, Timeout = Patience.Limit };

        Assert.Equal("pong\n", await client.GetStringAsync("/"));
        using HttpResponseMessage counted = await client.PostAsync("/count", new ByteArrayContent(new byte[1_000_000]));
        Assert.Equal("1000000\n", await counted.Content.ReadAsStringAsync());
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{address.Authority}/echo"), CancellationToken.None).Bounded();
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).Bounded();
        byte[] buffer = new byte[16];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None).Bounded();
        Assert.Equal("hello", Encoding.ASCII.GetString(buffer, 0, received.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Bounded();

        web.Signal(ProgramProcess.SIGTERM);
        Assert.Equal(0, (await web.EndAsync()).ExitCode);
    }
}
