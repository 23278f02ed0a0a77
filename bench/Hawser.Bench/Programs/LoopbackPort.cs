using System.Net;
using System.Net.Sockets;

namespace Hawser.Bench.Programs;

/// <summary>A port of the loopback interface, for a program that cannot choose one itself.</summary>
internal static class LoopbackPort
{
    private const string ListenState = "0A";
    private const int Looks = 2000;

    /// <summary>One of TCP that is free now.</summary>
    public static int FreeTcp() => Free(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>One of UDP that is free now.</summary>
    public static int FreeUdp() => Free(SocketType.Dgram, ProtocolType.Udp);

    /// <summary>Waits until somebody listens there, without connecting: some take only one connection.</summary>
    public static async Task WaitForListenerAsync(int port)
    {
        string state = $" 00000000:0000 {ListenState} ";
        string entry = $":{port:X4}{state}";
        for (int i = 0; i < Looks; i++)
        {
            // Behind the head come the listeners, and only then perhaps a hundred thousand connections.
            if (File.ReadLines("/proc/net/tcp").Skip(1)
                .TakeWhile(line => line.Contains(state, StringComparison.Ordinal))
                .Any(line => line.Contains(entry, StringComparison.Ordinal)))
            {
                return;
            }
            await Task.Delay(5);
        }
        throw new BenchException($"nobody listens at port {port}");
    }

    private static int Free(SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
