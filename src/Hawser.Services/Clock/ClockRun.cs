using Hawser.Services.Clock.Statistics;

namespace Hawser.Services.Clock;

/// <summary>What came of a process's clients.</summary>
/// <param name="Report">What those that recorded anything measured and have.</param>
/// <param name="Troubles">What went wrong, a line for each client that it went wrong for.</param>
/// <param name="Clients">How many clients there were to be.</param>
public sealed record ClockRun(ClockReport Report, IReadOnlyList<string> Troubles, int Clients)
{
    /// <summary>Every client recorded to its end and has every recording it should.</summary>
    public bool IsComplete => Troubles.Count == 0
        && Report.Clients.Count == Clients
        && Report.Clients.All(client => client.Deliveries?.IsComplete ?? true);
}
