using Hawser.Services.Clock.Client;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;

namespace Hawser.Services.Clock;

/// <summary>Runs any number of clock clients in one process, with one thread, one timer and one file writer for all of
/// them.</summary>
public static class ClockClients
{
    /// <summary>Runs the recordings, then the swap.</summary>
    /// <param name="options">The number of clients, the interval and the duration.</param>
    /// <param name="log">Receives progress lines.</param>
    /// <param name="leave">Ends the recordings early and in order, and abandons the swap.</param>
    /// <returns>The results. Errors of the server and of peers are in <see cref="ClockRun.Troubles"/>.</returns>
    /// <exception cref="FormatException">An option is out of bounds.</exception>
    public static async Task<ClockRun> RunAsync(
        ClockClientOptions options, TextWriter log, CancellationToken leave = default)
    {
        options.Validate();
        await using ClientLoop loop = ClientLoop.Start("hawser clock");
        using var flusher = new LineFileFlusher();
        var start = new StartBarrier(options);
        ClockClient[] clients =
            [.. Enumerable.Range(0, options.Clients)
                .Select(n => new ClockClient(n, options, loop, flusher, start, log))];
        await loop.RunAsync(() => Task.WhenAll(clients.Select(client => client.RunAsync(leave))));
        return new ClockRun(
            ClockReport.Of(clients.Select(client => client.Report).OfType<ClientReport>()),
            [.. clients.Select(client => client.Trouble).OfType<string>()],
            options.Clients);
    }
}
