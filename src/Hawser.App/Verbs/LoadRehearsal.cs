using System.Net;
using Hawser.Models;
using Hawser.Services.Ping;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Verbs;

/// <summary>Runs a load briefly on a server of this process, so that nothing is compiled while the clients of a burst
/// connect.</summary>
internal static class LoadRehearsal
{
    private const int MostClients = 100;

    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(200);

    public static async Task RunAsync(PingLoadOptions load)
    {
        await using Server server = Server.Start(new PingHandler(new PingHandlerOptions(), TextWriter.Null), new()
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get("async"),
        });
        await PingLoad.RunAsync(load with
        {
            Servers = server.EndPoints,
            Clients = Math.Min(load.Clients, MostClients),
            WarmUp = TimeSpan.Zero,
            Ramp = TimeSpan.Zero,
            Duration = Duration,
            Wire = LoadWire.Ping,
            IsChurn = false,
            Layers = _ => [],
        });
    }
}
