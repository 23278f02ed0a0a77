using System.Globalization;
using System.Net;
using Hawser;
using OwnModel;

// An echo server under a custom model: dotnet run --project samples/OwnModel -- 7002, then twice: nc 127.0.0.1 7002
int port = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 7002;
await using Server server = Server.Start(new EchoHandler(), new ServerOptions
{
    EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
    Model = ThreadPerClientModel.Entry,
});
Console.WriteLine($"Listening on {server.EndPoints[0]}");
await server.Completion;
