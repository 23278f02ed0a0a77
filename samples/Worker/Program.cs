using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Hawser.Layers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Worker;

// Two servers in one host: dotnet run --project samples/Worker, then: nc 127.0.0.1 7003
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<Tally>();
builder.Services
    .AddHawserServer("tally", options =>
    {
        options.Listen("127.0.0.1:7003");
        options.Limits = options.Limits with { Connections = 1_000, IdleTimeout = TimeSpan.FromMinutes(1) };
        if (builder.Configuration["Tls:Certificate"] is { } certificate)
            options.Layers.Add(TlsLayer.Server(Guard(certificate, builder.Configuration["Tls:Key"])));
    })
    .UseHandler<TallyHandler>()
    .AddHealthCheck();
builder.Services
    .AddHawserServer("health", options => options.Listen("127.0.0.1:7004"))
    .UseHandler<HealthHandler>();
await builder.Build().RunAsync();

// The certificate is read once; this function runs at each handshake and could choose another.
static Func<SslClientHelloInfo, SslServerAuthenticationOptions> Guard(string certificate, string? key)
{
    var options = new SslServerAuthenticationOptions
    {
        ServerCertificate = X509Certificate2.CreateFromPemFile(certificate, key),
    };
    return _ => options;
}
