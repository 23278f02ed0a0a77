using System.Globalization;
using System.Text.Json.Serialization;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary>The conditions of a comparison.</summary>
/// <param name="Clients">Pinging clients.</param>
/// <param name="WorkMicroseconds">CPU time of each answer.</param>
/// <param name="SlowClient">ID=DURATION: an answer to that client blocks its thread this long; null for none.</param>
/// <param name="Idle">Open connections that stay idle.</param>
/// <param name="ScheduledPerSecond">Pings of all clients (open loop); null for a closed loop.</param>
/// <param name="Pipeline">Pings that a client sends at once.</param>
/// <param name="Churn">A new connection for every ping.</param>
/// <param name="Burst">All clients connect at once, to a fresh server.</param>
/// <param name="Backlog">The backlog of our own servers; null for one that holds all connections.</param>
/// <param name="Together">All subjects are measured at the same time.</param>
/// <param name="Task">What the commands of a task do, as text; null for a load, which has the other members.</param>
internal sealed record LabSetting(
    int Clients, double WorkMicroseconds = 0, string? SlowClient = null, int Idle = 0,
    double? ScheduledPerSecond = null, int Pipeline = 1, bool Churn = false, bool Burst = false, int? Backlog = null,
    bool Together = false, string? Task = null)
{
    /// <summary>Time over which the clients connect, half a millisecond apart. Ten thousand at once would still be
    /// connecting when the measurement begins.</summary>
    [JsonIgnore]
    public TimeSpan Ramp => Burst ? TimeSpan.Zero : TimeSpan.FromMilliseconds(0.5 * Clients);

    /// <summary>Configures only the load, so that any server can take part.</summary>
    [JsonIgnore]
    public bool IsForEveryServer => WorkMicroseconds == 0 && SlowClient is null;

    /// <summary>CPU time of each answer.</summary>
    [JsonIgnore]
    public TimeSpan Work => TimeSpan.FromMicroseconds(WorkMicroseconds);

    public override string ToString()
    {
        if (Task is not null)
            return Task;
        List<string> parts = [Clients == 1 ? "1 client" : Text($"{Clients:#,0} clients")];
        if (WorkMicroseconds > 0)
            parts.Add($"{Quantity.FormatDuration(Work)} of work");
        if (SlowClient?.Split('=') is [var client, var pause])
            parts.Add($"client {client} slow by {pause}");
        if (Idle > 0)
            parts.Add(Text($"{Idle:#,0} idle"));
        if (ScheduledPerSecond is { } rate)
            parts.Add(Text($"at {rate:#,0.#}/s"));
        if (Pipeline > 1)
            parts.Add(Text($"{Pipeline:#,0} pings at once"));
        if (Churn)
            parts.Add("a connection for each ping");
        if (Burst)
            parts.Add("connecting at once");
        if (Backlog is { } backlog)
            parts.Add(Text($"backlog {backlog:#,0}"));
        if (Together)
            parts.Add("together");
        return string.Join(", ", parts);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
