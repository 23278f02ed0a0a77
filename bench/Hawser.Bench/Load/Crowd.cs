using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hawser.Bench.Load;

/// <summary>Clients that connect all at once and stay until the last one has its outcome.</summary>
internal static class Crowd
{
    /// <summary>Each client sends one ping and waits for its pong.</summary>
    /// <param name="port">The port of the server, on loopback.</param>
    /// <param name="clients">Number of clients.</param>
    /// <param name="patience">Their timeout.</param>
    /// <returns>The outcome of each.</returns>
    public static Task<CrowdOutcome[]> PingAsync(int port, int clients, TimeSpan patience) =>
        RunAsync(port, clients, patience, PingAsync);

    /// <summary>Each client sends its message, half-closes and waits for the server to close.</summary>
    /// <inheritdoc cref="PingAsync(int, int, TimeSpan)"/>
    public static Task<CrowdOutcome[]> SendAsync(int port, byte[][] messages, TimeSpan patience) =>
        RunAsync(port, messages.Length, patience,
            (socket, client, timeIsUp) => SendAsync(socket, messages[client], timeIsUp));

    private static async Task<CrowdOutcome[]> RunAsync(
        int port, int clients, TimeSpan patience, Func<Socket, int, CancellationToken, Task<CrowdOutcome>> talkAsync)
    {
        using var timeIsUp = new CancellationTokenSource(patience);
        Socket[] sockets = [.. Enumerable.Range(0, clients).Select(_ =>
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        try
        {
            // Connects do not block, so one thread starts them as fast as it can.
            return await Task.WhenAll(
                sockets.Select((socket, client) => RunOneAsync(socket, port, client, talkAsync, timeIsUp.Token)));
        }
        finally
        {
            foreach (Socket socket in sockets)
                socket.Dispose();
        }
    }

    private static async Task<CrowdOutcome> RunOneAsync(
        Socket socket, int port, int client, Func<Socket, int, CancellationToken, Task<CrowdOutcome>> talkAsync,
        CancellationToken timeIsUp)
    {
        bool isConnected = false;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), timeIsUp);
            isConnected = true;
            return await talkAsync(socket, client, timeIsUp);
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

    private static async Task<CrowdOutcome> PingAsync(Socket socket, int client, CancellationToken timeIsUp)
    {
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
            : throw new BenchException("unexpected answer to a ping");
    }

    private static async Task<CrowdOutcome> SendAsync(Socket socket, byte[] message, CancellationToken timeIsUp)
    {
        for (int sent = 0; sent < message.Length;)
            sent += await socket.SendAsync(message.AsMemory(sent), timeIsUp);
        socket.Shutdown(SocketShutdown.Send);
        return await socket.ReceiveAsync(new byte[1], timeIsUp) == 0
            ? CrowdOutcome.Answered
            : throw new BenchException("unexpected answer to a message");
    }
}
