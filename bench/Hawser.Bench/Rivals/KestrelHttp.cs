using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hawser.Bench.Rivals;

/// <summary>ASP.NET Core's Kestrel with HTTP/1.1: every request is answered with five bytes.</summary>
internal static class KestrelHttp
{
    /// <summary>Its verb.</summary>
    public const string Verb = "kestrel-http";

    /// <summary>Runs as a separate process until it is killed.</summary>
    public static async Task RunAsync(Arguments arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, arguments.Number("port", 0)));
        await using WebApplication server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        await server.WaitForShutdownAsync();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentLength = 5;
        return context.Response.Body.WriteAsync("pong\n"u8.ToArray(), 0, 5);
    }
}
