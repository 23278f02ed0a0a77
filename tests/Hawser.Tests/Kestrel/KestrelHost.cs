using System.Net;
using System.Net.Security;
using Hawser.Kestrel;
using Hawser.Tests.Layers;
using Hawser.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Hawser.Tests.Kestrel;

/// <summary>ASP.NET Core on the loopback interface, over one transport.</summary>
internal sealed class KestrelHost : IAsyncDisposable
{
    /// <summary>Kestrel's own transport.</summary>
    public const string Stock = "stock";

    /// <summary>After a model's name: requests run on the connection's thread.</summary>
    public const string Inline = "-inline";

    private KestrelHost(WebApplication application)
    {
        Application = application;
        EndPoint = IPEndPoint.Parse(new Uri(application.Urls.First()).Authority);
    }

    public WebApplication Application { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>Answers every request with a delegate.</summary>
    public static Task<KestrelHost> StartAsync(
        string transport, RequestDelegate answer, Action<HawserTransportOptions>? configure = null,
        Action<KestrelServerOptions>? kestrel = null) =>
        StartAsync(transport, listen => { }, application => application.Run(answer), configure, kestrel);

    public static async Task<KestrelHost> StartAsync(
        string transport, Action<ListenOptions> listen, Action<WebApplication> map,
        Action<HawserTransportOptions>? configure = null, Action<KestrelServerOptions>? kestrel = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            kestrel?.Invoke(options);
            options.Listen(IPAddress.Loopback, 0, listen);
        });
        if (transport != Stock)
        {
            builder.WebHost.UseHawser(options =>
            {
                options.UnsafePreferInlineScheduling = transport.EndsWith(Inline, StringComparison.Ordinal);
                options.Model = transport.Replace(Inline, "", StringComparison.Ordinal);
                configure?.Invoke(options);
            });
        }
        WebApplication application = builder.Build();
        map(application);
        await application.StartAsync().Bounded();
        return new KestrelHost(application);
    }

    /// <summary>HTTP/2 above TLS with the tests' certificate.</summary>
    public static void UseHttp2(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.UseHttps((_, _, _, _) => new ValueTask<SslServerAuthenticationOptions>(TestCertificate.With("h2")), null!);
    }

    /// <summary>A client that trusts the tests' certificate.</summary>
    public HttpClient CreateClient(string scheme = "http") => new(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = TestCertificate.Client.RemoteCertificateValidationCallback },
    })
    {
        BaseAddress = new Uri($"{scheme}://{EndPoint}"),
        Timeout = Patience.Limit,
    };

    public Task<RawClient> ConnectAsync(int receiveBufferBytes = 0) => RawClient.ConnectAsync(EndPoint, receiveBufferBytes);

    public async ValueTask DisposeAsync()
    {
        using var late = new CancellationTokenSource(Patience.Limit);
        await Application.StopAsync(late.Token).Bounded();
        await Application.DisposeAsync().AsTask().Bounded();
    }
}
