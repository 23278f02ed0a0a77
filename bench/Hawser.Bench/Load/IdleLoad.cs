using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hawser.Bench.Load;

/// <summary>Idle connections, optionally after pings, until standard input ends.</summary>
internal static class IdleLoad
{
    /// <summary>Its verb.</summary>
    public const string Verb = "hold";

    /// <summary>Runs as a separate process and prints a line when all connections are open.</summary>
    public static Task RunAsync(Arguments arguments)
    {
        int port = arguments.Number("port", 8000);
        int pings = arguments.Number("pings", 0);
        List<Socket> sockets = [];
        for (int i = 0; i < arguments.Number("connections", 10_000); i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Loopback, port);
            sockets.Add(socket);
            for (int n = 1; n <= pings; n++)
                Ping(socket, $" {i} {n}\n");
        }
        Console.WriteLine("holding");
        Console.In.ReadLine();
        foreach (Socket socket in sockets)
            socket.Dispose();
        return Task.CompletedTask;
    }

    private static void Ping(Socket socket, string numbers)
    {
        socket.Send(Encoding.ASCII.GetBytes("ping" + numbers));
        byte[] expected = Encoding.ASCII.GetBytes("pong" + numbers);
        byte[] pong = new byte[expected.Length];
        for (int filled = 0; filled < pong.Length;)
        {
            int received = socket.Receive(pong.AsSpan(filled));
            if (received == 0)
                throw new BenchException("the server closed a connection");
            filled += received;
        }
        if (!pong.AsSpan().SequenceEqual(expected))
            throw new BenchException("unexpected answer to a ping");
    }
}
