using System.Text.Json;
using Hawser.Services.Clock.Recording;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The figures of one or more clients: exchanges, the link and the clocks.</summary>
public sealed record ClockReport
{
    private ClockReport(IReadOnlyList<ClientReport> clients)
    {
        Clients = clients;
        All = ClockTotals.Of(clients);
    }

    /// <summary>The version of the JSON format.</summary>
    public string Schema { get; } = "hawser-clock-report/1";

    /// <summary>All clients together.</summary>
    public ClockTotals All { get; }

    /// <summary>The clients, by id, then in the given order.</summary>
    public IReadOnlyList<ClientReport> Clients { get; }

    /// <summary>Whether a source file is cut.</summary>
    public bool IsCut => Clients.Any(client => client.Ending is TimeDataEnding.Cut or TimeDataEnding.Torn);

    /// <summary>The report of the given clients.</summary>
    public static ClockReport Of(IEnumerable<ClientReport> clients) =>
        new([.. clients.OrderBy(client => client.ClientId ?? uint.MaxValue)]);

    /// <summary>Reads recordings. Uses the companion (<c>.exchanges.tsv</c>) of a client's recording if it exists,
    /// otherwise the rows alone. A client found in several files is reported once, from the most detailed
    /// one.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="FormatException">A file is not a recording; the message names file, line and rule.</exception>
    public static ClockReport FromFiles(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var clients = new Dictionary<(string Client, string Server, long FirstRowNs), ClientReport>();
        foreach (ClientReport client in paths.SelectMany(ClockReportSource.Read))
        {
            var key = (client.Client, client.Server, client.FirstRowNs);
            if (!clients.TryGetValue(key, out ClientReport? known) || (known.Delay is null && client.Delay is not null))
                clients[key] = client;
        }

        return Of(clients.Values);
    }

    /// <summary>The report as a line of JSON with snake_case names, without its end; durations are
    /// nanoseconds.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ClockJson.Default.ClockReport);
}
