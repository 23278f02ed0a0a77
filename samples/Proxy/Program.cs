using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Hawser;
using Hawser.Layers;
using Hawser.Models;
using Proxy;

// A reverse proxy that ends TLS and names the client to the server:
//   hawser cert --out proxy
//   hawser serve ping --proxy-from 127.0.0.1
//   dotnet run --project samples/Proxy -- epoll 7443 127.0.0.1:8000 proxy.crt proxy.key
//   hawser ping 127.0.0.1:7443 --tls --ca proxy.crt
if (args.Length is not (3 or 5))
{
    Console.Error.WriteLine("usage: Proxy MODEL PORT SERVER:PORT [CERTIFICATE KEY]");
    return 2;
}
var tls = new SslServerAuthenticationOptions();
if (args.Length == 5)
    tls.ServerCertificate = X509Certificate2.CreateFromPemFile(args[3], args[4]);
await using Server server = Server.Start(new ProxyHandler(IPEndPoint.Parse(args[2]), proxyVersion: 2), new ServerOptions
{
    EndPoints = [new IPEndPoint(IPAddress.Loopback, int.Parse(args[1], CultureInfo.InvariantCulture))],
    Model = ConcurrencyModels.Get(args[0]),
    Layers = args.Length == 5 ? [TlsLayer.Server(_ => tls)] : [],
});
Console.WriteLine($"Listening on {server.EndPoints[0]}");
await server.Completion;
return 0;
