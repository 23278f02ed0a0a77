using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hawser.Bench.Load;

/// <summary>Clients that come all at once, send one ping each, and stay until the last of them knows what became of
/// it.</summary>
internal static class Crowd
{
    /// <summary>Lets them come, and leave.</summary>
    /// <param name="port">The server's, at the loopback interface.</param>
    /// <param name="clients">How many.</param>
    /// <param name="patience">How long they wait.</param>
    /// <returns>What became of each.</returns>
    public static async Task<CrowdOutcome[]> RunAsync(int port, int clients, TimeSpan patience)
    {
        using var timeIsUp = new CancellationTokenSource(patience);
        Socket[] sockets = [.. Enumerable.Range(0, clients).Select(_ =>
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        try
        {
            return await Task.WhenAll(
                sockets.Select((socket, client) => PingAsync(socket, port, client, timeIsUp.Token)));
        }
        finally
        {
            foreach (Socket socket in sockets)
                socket.Dispose();
        }
    }

    private static async Task<CrowdOutcome> PingAsync(Socket socket, int port, int client, CancellationToken timeIsUp)
    {
        bool isConnected = false;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), timeIsUp);
            isConnected = true;
            await socket.SendAsync(Encoding.ASCII.GetBytes($"ping {client} 1\n"), timeIsUp);
            byte[] expected = Encoding.ASCII.GetBytes($"pong {client} 1\n");
            byte[] pong = new byte[expected.Length];
            for (int filled = 0; filled < pong.Length;)
            {
                int received = await socket.ReceiveAsync(pong.AsMemory(filled), timeIsUp);
                if (received == 0)
                    return CrowdOutcome.Closed;
                filled += received;
            }
            return pong.AsSpan().SequenceEqual(expected)
                ? CrowdOutcome.Answered
                : throw new BenchException("the server answered a ping with something else than its pong");
        }
        catch (OperationCanceledException)
        {
            return isConnected ? CrowdOutcome.Waited : CrowdOutcome.Unconnected;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? CrowdOutcome.Refused : CrowdOutcome.Closed;
        }
    }
}
