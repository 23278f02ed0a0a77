using System.Diagnostics;
using System.Net;
using System.Text;
using Hawser.Services.Text;

namespace Hawser.Services.Ping;

/// <summary>A client that sends pings one after the other, each after the previous pong.</summary>
public static class PingClient
{
    /// <summary>Connects, sends the pings and half-closes.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="options">The number of pings, the interval and the timeout.</param>
    /// <param name="onPong">Called for every pong with its number and its round-trip time.</param>
    /// <param name="cancel">Ends the client, even while it waits for a pong.</param>
    /// <returns>Bytes received.</returns>
    /// <exception cref="ConnectException">The server cannot be reached.</exception>
    /// <exception cref="ConnectionClosedException">The server reset the connection.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> fired during a wait.</exception>
    /// <exception cref="ProtocolException">The server sent something other than the pong, or closed the
    /// connection.</exception>
    /// <exception cref="TimeoutException">A pong did not arrive in time.</exception>
    public static async Task<long> RunAsync(
        EndPoint server, PingClientOptions options, Action<long, TimeSpan> onPong, CancellationToken cancel = default)
    {
        await using Connection connection = await Dialer.ConnectAsync(
            server, new DialOptions { Timeout = options.Timeout, Layers = options.Layers }, cancel);
        byte[] ping = new byte[PingProtocol.LineLimit];
        for (long n = 1; n <= options.Count && !cancel.IsCancellationRequested; n++)
        {
            if (n > 1 && options.Interval > TimeSpan.Zero)
                await Task.Delay(options.Interval, cancel);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            late.CancelAfter(options.Timeout);
            int length = PingProtocol.WritePing(options.Client, n, ping);
            long begin = Stopwatch.GetTimestamp();
            try
            {
                await connection.WriteAsync(ping.AsMemory(0, length), late.Token);
                ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(PingProtocol.LineLimit, late.Token);
                TimeSpan roundTrip = Stopwatch.GetElapsedTime(begin);
                CheckPong(line, options.Client, n);
                onPong(n, roundTrip);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"no answer to ping {n} within {Quantity.FormatDuration(options.Timeout)}");
            }
        }
        await connection.FinishWritingAsync();
        return connection.BytesReceived;
    }

    private static void CheckPong(ReadOnlyMemory<byte>? line, long client, long n)
    {
        if (line is null)
            throw new ProtocolException($"the server closed the connection before it answered ping {n}; is it a ping server?");
        if (!PingProtocol.TryParsePong(line.Value.Span, out long pongClient, out long pongNumber)
            || pongClient != client || pongNumber != n)
        {
            string answer = Printable.Of(Encoding.Latin1.GetString(line.Value.Span));
            throw new ProtocolException($"the server answered ping {n} with '{answer}'; is it a ping server?");
        }
    }
}
