using System.Text.Json.Serialization;
using Hawser.Services.Ping.Load;

namespace Hawser.App.LoadReports;

/// <summary>What a load measured, and where it ran.</summary>
/// <param name="Report">The report; of agents, of all that are not lost.</param>
internal sealed record LoadOutcome(PingLoadReport Report)
{
    /// <summary>The agents that the clients were divided among; null for a load of one process.</summary>
    public int? Agents { get; init; }

    /// <summary>Those that did not report.</summary>
    public IReadOnlyList<LostAgent> Lost { get; init; } = [];
}

/// <summary>An agent that did not report.</summary>
/// <param name="Name">Its address as on the command line.</param>
/// <param name="Clients">Its share of the clients.</param>
/// <param name="Of">Clients of the whole load.</param>
/// <param name="Reason">Why, safe for a terminal.</param>
internal sealed record LostAgent(
    [property: JsonPropertyName("agent")] string Name, int Clients, int Of, string Reason)
{
    /// <summary>What happened, for an error or a warning.</summary>
    [JsonIgnore]
    public string Words => $"agent {Name} with {Clients} of {Of} clients was lost: {Reason}";

    public override string ToString() => $"{Name} with {Clients} of {Of} clients: {Reason}";
}
