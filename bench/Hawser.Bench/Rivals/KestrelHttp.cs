using System.Net;
using Hawser.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hawser.Bench.Rivals;

/// <summary>ASP.NET Core's Kestrel with HTTP/1.1: every request is answered with five bytes.</summary>
/// <remarks><c>--transport</c> is what lies beneath it: <c>stock</c> (the default), <c>stock-inline</c>, or a model of
/// Hawser's, like <c>epoll</c> or <c>epoll-inline</c>.</remarks>
internal static class KestrelHttp
{
    /// <summary>Its verb.</summary>
    public const string Verb = "kestrel-http";

    private const string Stock = "stock";
    private const string Inline = "-inline";

    /// <summary>Runs as a separate process until it is killed.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, arguments.Number("port", 0)));
        Choose(builder.WebHost, arguments.Text("transport", Stock));
        await using WebApplication server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        await server.WaitForShutdownAsync();
    }

    private static void Choose(IWebHostBuilder host, string transport)
    {
        string name = transport.EndsWith(Inline, StringComparison.Ordinal) ? transport[..^Inline.Length] : transport;
        bool isInline = name != transport;
        if (name == Stock)
            host.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = isInline);
        else if (ConcurrencyModels.All.All(model => model.Name != name))
            throw new FormatException($"--transport: unknown '{transport}'; use stock, epoll or epoll-inline");
        else
            host.UseHawser(hawser => (hawser.Model, hawser.UnsafePreferInlineScheduling) = (name, isInline));
    }

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentLength = 5;
        return context.Response.Body.WriteAsync("pong\n"u8.ToArray(), 0, 5);
    }
}
