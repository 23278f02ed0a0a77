using System.Globalization;
using System.Net;
using Hawser.Models;
using KestrelReference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// KestrelReference ping|http PORT [TRANSPORT]: runs until it is killed. TRANSPORT is what lies beneath Kestrel: stock (the
// default), stock-inline, or a model of Hawser's, like epoll or epoll-inline.
const string Inline = "-inline";
if (args is not [("ping" or "http") and var protocol, var text, .. { Length: <= 1 } more]
    || !int.TryParse(text, CultureInfo.InvariantCulture, out int port))
{
    Console.Error.WriteLine("ERROR: usage: KestrelReference ping|http PORT [TRANSPORT]");
    return 2;
}
string transport = more is [var given] ? given : "stock";
bool isInline = transport.EndsWith(Inline, StringComparison.Ordinal);
string name = isInline ? transport[..^Inline.Length] : transport;
if (name != "stock" && ConcurrencyModels.All.All(model => model.Name != name))
{
    Console.Error.WriteLine($"ERROR: unknown transport '{transport}'; use stock, epoll or epoll-inline");
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
if (name == "stock")
    builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = isInline);
else
    builder.WebHost.UseHawser(hawser => (hawser.Model, hawser.UnsafePreferInlineScheduling) = (name, isInline));
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
