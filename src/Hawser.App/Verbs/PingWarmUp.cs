using System.Net;
using System.Net.Sockets;
using Hawser.Services.Ping;

namespace Hawser.App.Verbs;

/// <summary>Has the path of a ping compiled before the first one is timed.</summary>
internal static class PingWarmUp
{
    private const int Pings = 2;

    /// <summary>Pings a socket of this process.</summary>
    public static async Task RunAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var options = new PingClientOptions { Count = Pings };
        Task<long> client = PingClient.RunAsync(listener.LocalEndPoint!, options, (_, _) => { });
        using Socket peer = await listener.AcceptAsync();
        byte[] line = new byte[PingProtocol.LineLimit];
        for (int n = 1; n <= Pings; n++)
        {
            int length = await peer.ReceiveAsync(line);
            line[1] = (byte)'o';
            await peer.SendAsync(line.AsMemory(0, length));
        }
        await client;
    }
}
