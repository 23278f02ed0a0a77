using System.Globalization;
using System.Net;
using Hawser.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// kestrel ping|http PORT: runs until it is killed.
if (args is not [("ping" or "http") and var protocol, var text]
    || !int.TryParse(text, CultureInfo.InvariantCulture, out int port))
{
    Console.Error.WriteLine("ERROR: usage: Hawser.Kestrel ping|http PORT");
    return 2;
}
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
{
    if (protocol == "ping")
        listen.UseConnectionHandler<KestrelPing>();
    else
        listen.Protocols = HttpProtocols.Http1;
}));
await using WebApplication server = builder.Build();
server.Run(context =>
{
    context.Response.ContentLength = 5;
    return context.Response.Body.WriteAsync("pong\n"u8.ToArray(), 0, 5);
});
await server.StartAsync();
Console.WriteLine($"Listening on 127.0.0.1:{port}");
await server.WaitForShutdownAsync();
return 0;
