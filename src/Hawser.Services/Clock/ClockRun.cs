using Hawser.Services.Clock.Statistics;

namespace Hawser.Services.Clock;

/// <summary>The results of a process's clients.</summary>
/// <param name="Report">The figures and deliveries of the clients that recorded.</param>
/// <param name="Troubles">The errors, one line per failed client.</param>
/// <param name="Clients">The number of clients started.</param>
public sealed record ClockRun(ClockReport Report, IReadOnlyList<string> Troubles, int Clients)
{
    /// <summary>Whether every client recorded to the end, dropped no row and received every recording.</summary>
    public bool IsComplete => Troubles.Count == 0
        && Report.Clients.Count == Clients
        && Report.Clients.All(client => client.Deliveries?.IsComplete ?? true);
}
