using System.Diagnostics;
using System.Net;
using Hawser.App.Metrics;
using Hawser.Services.Ping;

namespace Hawser.App.Demo;

/// <summary>The clients of one server of <c>hawser demo --watch</c>. They share an event loop of their own, so that no
/// server holds them up but by its answers.</summary>
/// <param name="clients">The loop.</param>
/// <param name="server">The server.</param>
/// <param name="stop">Ends them.</param>
internal sealed class DemoClient(ClientLoop clients, EndPoint server, CancellationToken stop)
{
    /// <summary>The number of the slow client; the server blocks on its pings.</summary>
    public const long Slow = 99;

    private const int PoliteRounds = 20;
    private const int SlowRounds = 2;

    private static readonly TimeSpan PolitePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SlowPause = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan BetweenSlow = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Holds conversations of a second, one after the other, until the stop.</summary>
    /// <param name="number">The client's number.</param>
    /// <param name="roundTrips">Receives the time of each.</param>
    public Task RunPoliteAsync(long number, DurationCounts roundTrips) => clients.RunAsync(
        () => RepeatAsync(number, PoliteRounds, PolitePause, TimeSpan.Zero, roundTrips));

    /// <summary>Sends two pings in a row that block the server's thread, again and again, until the stop.</summary>
    public Task RunSlowAsync() => clients.RunAsync(
        () => RepeatAsync(Slow, SlowRounds, SlowPause, BetweenSlow, roundTrips: null));

    private async Task RepeatAsync(
        long number, int rounds, TimeSpan pause, TimeSpan between, DurationCounts? roundTrips)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ConverseAsync(number, rounds, pause, roundTrips);
                await Task.Delay(between, stop);
            }
            catch (Exception e) when (e is ConnectException or ConnectionClosedException or ProtocolException)
            {
                // Closed from the page, for example.
                await Task.Delay(AfterFailure, stop).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ConverseAsync(long number, int rounds, TimeSpan pause, DurationCounts? roundTrips)
    {
        await using Connection connection = await clients.ConnectAsync(server, Dialer.DefaultTimeout);
        byte[] ping = new byte[PingProtocol.LineLimit];
        for (long round = 1; round <= rounds; round++)
        {
            int length = PingProtocol.WritePing(number, round, ping);
            long begun = Stopwatch.GetTimestamp();
            await connection.WriteAsync(ping.AsMemory(0, length), stop);
            if (await connection.TryReadLineAsync(PingProtocol.LineLimit, stop) is null)
                throw ProtocolException.Truncated("pong");
            roundTrips?.Record(Stopwatch.GetElapsedTime(begun));
            await Task.Delay(pause, stop);
        }
        await connection.FinishWritingAsync(stop);
        // To the end, so that the server has it before the next conversation begins.
        await connection.TryReadLineAsync(PingProtocol.LineLimit, stop);
    }
}
