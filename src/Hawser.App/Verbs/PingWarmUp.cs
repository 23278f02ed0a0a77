using System.Net;
using System.Net.Sockets;
using Hawser.Services.Ping;

namespace Hawser.App.Verbs;

/// <summary>Compiles the code path of a ping before the first one is timed.</summary>
internal static class PingWarmUp
{
    private const int Pings = 2;

    /// <summary>Pings a socket of this process. Never throws: without it the first ping is slower.</summary>
    public static async Task RunAsync()
    {
        try
        {
            await PingOwnSocketAsync();
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException)
        {
            // No loopback, or no descriptor to spare.
        }
    }

    private static async Task PingOwnSocketAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var options = new PingClientOptions { Count = Pings };
        Task<long> client = PingClient.RunAsync(listener.LocalEndPoint!, options, (_, _) => { });
        Task<Socket> accepting = listener.AcceptAsync();
        if (await Task.WhenAny(client, accepting) == client)
            await client;
        using Socket peer = await accepting;
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
