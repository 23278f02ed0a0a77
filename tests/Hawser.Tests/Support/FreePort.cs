using System.Net;
using System.Net.Sockets;

namespace Hawser.Tests.Support;

/// <summary>Ports for those who cannot take port 0: programs that want a number, and servers that come back to
/// theirs.</summary>
internal static class FreePort
{
    // Below those that the system gives to clients, one of which could take a port while nobody listens there.
    private const int Lowest = 20_000;
    private const int Highest = 32_000;

    /// <summary>A port on the loopback interface that is free.</summary>
    public static int Find()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var endPoint = new IPEndPoint(IPAddress.Loopback, Random.Shared.Next(Lowest, Highest));
            try
            {
                socket.Bind(endPoint);
                return endPoint.Port;
            }
            catch (SocketException)
            {
                // Another one is free.
            }
        }
    }
}
