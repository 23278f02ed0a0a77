using System.Diagnostics;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.Services.Ping;

/// <summary>The ping service: answers every ping with a pong.</summary>
public sealed class PingService : Service
{
    /// <summary><c>--slow-client ID=DURATION</c>.</summary>
    public static readonly ServiceOption<Dictionary<long, TimeSpan>> SlowClient = new(
        "slow-client", "ID=DURATION", "block the handler's thread before each answer to client ID, on purpose", "",
        ParseSlowClients);

    /// <summary><c>--work DURATION</c>.</summary>
    public static readonly ServiceOption<TimeSpan> Work = new(
        "work", "DURATION", "burn CPU for that long before each answer", "0", Quantity.ParseDuration);

    /// <summary><c>--verbose</c>.</summary>
    public static readonly ServiceOption<bool> Verbose = new("verbose", null, "print every ping", null, bool.Parse);

    private const int DemoClients = 5;
    private const int DemoPings = 200;

    /// <inheritdoc/>
    public override string Name => "ping";

    /// <inheritdoc/>
    public override string Summary => "answers each 'ping <client> <n>' with 'pong <client> <n>'";

    /// <inheritdoc/>
    public override int DefaultPort => 8000;

    /// <inheritdoc/>
    public override string DefaultHost => "127.0.0.1";

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceOption> Options => [SlowClient, Work, Verbose];

    /// <inheritdoc/>
    public override IEnumerable<ConcurrencyModel> DemoModels => ConcurrencyModels.All.Where(model => model.IsAvailable);

    /// <inheritdoc/>
    public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment)
    {
        var options = new PingHandlerOptions
        {
            SlowClients = settings.Get(SlowClient),
            Work = settings.Get(Work),
            Verbose = settings.Has(Verbose),
        };
        return new PingHandler(options, environment.Log, environment.Meter);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder)
    {
        await using ServiceHost host =
            ServiceHost.StartForDemonstration(this, ServiceSettings.Defaults, model, Stream.Null);
        int pongs = 0;
        long begin = Stopwatch.GetTimestamp();
        long[] bytes = await Task.WhenAll(Enumerable.Range(0, DemoClients).Select(client => PingClient.RunAsync(
            host.EndPoint,
            new PingClientOptions { Client = client, Count = DemoPings },
            (_, _) => Interlocked.Increment(ref pongs))));
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        string? difference = pongs == DemoClients * DemoPings ? null : $"{pongs} pongs";
        return [new($"{DemoClients} clients, {DemoPings} pings each, {model.Name}", bytes.Sum(), time, difference)];
    }

    private static Dictionary<long, TimeSpan> ParseSlowClients(string text)
    {
        var pauses = new Dictionary<long, TimeSpan>();
        foreach (string entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split('=');
            if (parts.Length != 2 || !long.TryParse(parts[0], out long client) || client < 0)
                throw new FormatException($"'{entry}' is not ID=DURATION; use 1=5s");
            pauses[client] = Quantity.ParseTimeout(parts[1]);
        }
        return pauses;
    }
}
