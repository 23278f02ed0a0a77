using Hawser.Services.Clock.Client;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Statistics;

namespace Hawser.Services.Clock;

/// <summary>Any number of clock clients in one process: one thread, one timer, and one writer of files for all of
/// them.</summary>
public static class ClockClients
{
    /// <summary>Runs them to their end: the recordings, and then the swap.</summary>
    /// <param name="options">How many, how often, for how long.</param>
    /// <param name="log">Takes lines for people.</param>
    /// <param name="leave">Ends the recordings early, cleanly, and leaves the exchange as it is then.</param>
    /// <returns>Never fails for what a server or a peer does: <see cref="ClockRun.Troubles"/> tells of it.</returns>
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
