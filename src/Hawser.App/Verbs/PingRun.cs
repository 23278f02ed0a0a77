using System.Diagnostics;
using System.Net;
using Hawser.App.Output;
using Hawser.Services.Ping;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary>The exercise's clients: every pong is printed as it comes, and a summary at the end.</summary>
internal static class PingRun
{
    public static async Task<int> RunAsync(
        EndPoint server, int clients, int count, TimeSpan interval, CancellationToken cancel)
    {
        var roundTrips = new List<double>();
        var gate = new Lock();
        long begin = Stopwatch.GetTimestamp();
        int failed = 0;
        string? firstFailure = null;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            try
            {
                await PingClient.RunAsync(server, client, count, interval, (n, time) =>
                {
                    lock (gate)
                        roundTrips.Add(time.TotalMilliseconds);
                    Standard.Out.WriteLine($"Client #{client}: pong {client} {n}");
                }, cancel);
            }
            catch (Exception e) when (e is ConnectException or ConnectionClosedException or ProtocolException)
            {
                Interlocked.Increment(ref failed);
                Interlocked.CompareExchange(ref firstFailure, $"client #{client}: {e.Message}", null);
            }
        }));
        Summarize(roundTrips, clients, Stopwatch.GetElapsedTime(begin));
        if (failed > 0)
        {
            string howMany = clients == 1 ? "" : $"{failed} of {clients} clients failed, first ";
            Standard.Error.WriteLine($"ERROR: {howMany}{firstFailure}");
        }
        return failed == 0 ? ExitCode.Done : failed < clients ? ExitCode.PartlyDone : ExitCode.Failed;
    }

    private static void Summarize(List<double> roundTrips, int clients, TimeSpan time)
    {
        if (roundTrips.Count == 0)
            return;
        roundTrips.Sort();
        double median = (roundTrips[(roundTrips.Count - 1) / 2] + roundTrips[roundTrips.Count / 2]) / 2;
        Standard.Out.WriteLine(
            $"{roundTrips.Count} round trips by {clients} clients in {Quantity.FormatDuration(time)}; "
            + $"round-trip time min {roundTrips[0]:0.000} ms, median {median:0.000} ms, max {roundTrips[^1]:0.000} ms");
    }
}
