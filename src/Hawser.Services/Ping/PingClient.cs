using System.Diagnostics;
using System.Net;

namespace Hawser.Services.Ping;

/// <summary>One client: sends a ping, waits for its pong, and so on.</summary>
public static class PingClient
{
    /// <summary>Connects, pings so many times, and leaves.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="client">The number the client gives itself.</param>
    /// <param name="count">Pings to send.</param>
    /// <param name="interval">Pause between a pong and the next ping.</param>
    /// <param name="onPong">Told of every pong: its number and its round-trip time.</param>
    /// <param name="cancel">Ends the client after the pong it waits for.</param>
    /// <returns>Bytes received.</returns>
    /// <exception cref="ConnectException">Nobody answers there.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection.</exception>
    /// <exception cref="ProtocolException">The server sent something else than the pong, or left early.</exception>
    public static async Task<long> RunAsync(
        EndPoint server, long client, long count, TimeSpan interval,
        Action<long, TimeSpan> onPong, CancellationToken cancel = default)
    {
        await using Connection connection = await Dialer.ConnectAsync(server, Dialer.DefaultTimeout, cancel);
        byte[] ping = new byte[PingProtocol.LineLimit];
        for (long n = 1; n <= count && !cancel.IsCancellationRequested; n++)
        {
            if (n > 1 && interval > TimeSpan.Zero)
                await Task.Delay(interval, cancel);
            long begin = Stopwatch.GetTimestamp();
            await connection.WriteAsync(ping.AsMemory(0, PingProtocol.WritePing(client, n, ping)));
            ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(PingProtocol.LineLimit);
            TimeSpan roundTrip = Stopwatch.GetElapsedTime(begin);
            CheckPong(line, client, n);
            onPong(n, roundTrip);
        }
        await connection.FinishWritingAsync();
        return connection.BytesReceived;
    }

    private static void CheckPong(ReadOnlyMemory<byte>? line, long client, long n)
    {
        if (line is null)
            throw new ProtocolException($"the server closed the connection before it answered ping {n}");
        if (!PingProtocol.TryParsePong(line.Value.Span, out long pongClient, out long pongNumber)
            || pongClient != client || pongNumber != n)
        {
            throw new ProtocolException($"the server answered ping {n} with '{Printable(line.Value.Span)}'");
        }
    }

    private static string Printable(ReadOnlySpan<byte> line) =>
        string.Concat(System.Text.Encoding.Latin1.GetString(line).Select(c => char.IsControl(c) ? '.' : c));
}
