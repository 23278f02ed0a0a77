using System.Net.WebSockets;

// ASP.NET Core on Hawser: dotnet run -c Release --project samples/Web -- --urls http://127.0.0.1:7005 --model epoll
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseHawser(options =>
{
    options.Model = builder.Configuration["model"] ?? options.Model;
    // At the limit, connections wait in the kernel.
    options.Limits = options.Limits with { Connections = 2_000 };
});
WebApplication app = builder.Build();
app.UseWebSockets();
app.MapGet("/", () => "pong\n");
app.MapPost("/count", async (HttpRequest request) =>
{
    long bytes = 0;
    byte[] buffer = new byte[64 * 1024];
    for (int read; (read = await request.Body.ReadAsync(buffer)) > 0;)
        bytes += read;
    return $"{bytes}\n";
});
app.Map("/echo", async (HttpContext context) =>
{
    using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
    byte[] buffer = new byte[4096];
    CancellationToken over = context.RequestAborted;
    while (await socket.ReceiveAsync(buffer, over) is { MessageType: not WebSocketMessageType.Close } part)
        await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, over);
    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, over);
});
app.Run();
