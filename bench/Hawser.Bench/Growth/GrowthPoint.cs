namespace Hawser.Bench.Growth;

/// <summary>One model under so many clients. A figure that could not be measured is null.</summary>
internal sealed record GrowthPoint
{
    public required string Model { get; init; }

    public required int Clients { get; init; }

    /// <summary>Rounds that gave figures.</summary>
    public required int Rounds { get; init; }

    /// <summary>Rounds that failed.</summary>
    public required int Failed { get; init; }

    /// <summary>How the first of them failed.</summary>
    public string? Error { get; init; }

    /// <summary>Clients that got at least one answer while it was measured.</summary>
    public Figure? AnsweredClients { get; init; }

    public Figure? RoundTripsPerSecond { get; init; }

    /// <summary>Of those pings that were answered.</summary>
    public Figure? LatencyP99Ns { get; init; }

    /// <summary>Of the server.</summary>
    public Figure? ResidentBytes { get; init; }

    /// <summary>Cores that the server kept busy.</summary>
    public Figure? CpuCores { get; init; }

    /// <summary>The server's.</summary>
    public Figure? CpuMicrosecondsPerRoundTrip { get; init; }
}
