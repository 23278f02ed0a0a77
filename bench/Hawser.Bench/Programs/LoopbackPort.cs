using System.Net;
using System.Net.Sockets;

namespace Hawser.Bench.Programs;

/// <summary>A free loopback port, for programs that cannot let the system choose one.</summary>
internal static class LoopbackPort
{
    private const string ListenState = "0A";
    private const int Looks = 2000;

    /// <summary>A TCP port that is free now.</summary>
    public static int FreeTcp() => Free(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>A UDP port that is free now.</summary>
    public static int FreeUdp() => Free(SocketType.Dgram, ProtocolType.Udp);

    /// <summary>Waits for a listener without connecting: some programs accept only one connection.</summary>
    public static async Task WaitForListenerAsync(int port)
    {
        string state = $" 00000000:0000 {ListenState} ";
        string entry = $":{port:X4}{state}";
        for (int i = 0; i < Looks; i++)
        {
            // The listeners come first, before perhaps a hundred thousand connections.
            if (File.ReadLines("/proc/net/tcp").Skip(1)
                .TakeWhile(line => line.Contains(state, StringComparison.Ordinal))
                .Any(line => line.Contains(entry, StringComparison.Ordinal)))
            {
                return;
            }
            await Task.Delay(5);
        }
        throw new BenchException($"no listener on port {port}");
    }

    private static int Free(SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
