using System.CommandLine;
using System.Diagnostics;
using System.Net;
using Hawser.App.Output;
using Hawser.Services.Ping;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser ping</c>: parallel clients of the ping service.</summary>
internal static class PingVerb
{
    public static Command Create()
    {
        var verb = new Command("ping", "Send pings from many clients at once and print every pong.");
        Option<string> host = CommonOptions.Text("--host", "HOST", "a name, an address or unix:PATH", "127.0.0.1");
        Option<string> port = CommonOptions.Text("--port", "PORT", "the server's port", "8000");
        Option<string> clients = CommonOptions.Text("--num-clients", "N", "clients at once", "1");
        Option<string> count = CommonOptions.Text("--count", "N", "pings of each client", "10");
        Option<string> interval = CommonOptions.Text("--interval", "TIME", "between a pong and the next ping", "0ms");
        foreach (Option<string> option in (Option<string>[])[host, port, clients, count, interval])
            verb.Add(option);
        verb.SetAction((parsed, cancel) => RunAsync(
            CommonOptions.ParseTarget(parsed.GetValue(host)!, parsed.GetValue(port)!),
            Quantity.ParseInt(parsed.GetValue(clients)!, "number of clients", 1, 100_000),
            Quantity.ParseInt(parsed.GetValue(count)!, "count", 1, int.MaxValue),
            Quantity.ParseDuration(parsed.GetValue(interval)!),
            cancel));
        return verb;
    }

    private static async Task<int> RunAsync(
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
            Standard.Error.WriteLine($"ERROR: {failed} of {clients} clients failed, first {firstFailure}");
        return failed == 0 ? ExitCode.Done : failed < clients ? ExitCode.PartlyDone : ExitCode.Failed;
    }

    private static void Summarize(List<double> roundTrips, int clients, TimeSpan time)
    {
        if (roundTrips.Count == 0)
            return;
        roundTrips.Sort();
        double median = (roundTrips[(roundTrips.Count - 1) / 2] + roundTrips[roundTrips.Count / 2]) / 2;
        Standard.Out.WriteLine($"{roundTrips.Count} round trips by {clients} clients in {Quantity.FormatDuration(time)}; "
            + $"round-trip time min {roundTrips[0]:0.000} ms, median {median:0.000} ms, max {roundTrips[^1]:0.000} ms");
    }
}
