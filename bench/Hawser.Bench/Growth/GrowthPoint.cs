namespace Hawser.Bench.Growth;

/// <summary>One model with one number of clients. Unmeasured figures are null.</summary>
internal sealed record GrowthPoint
{
    public required string Model { get; init; }

    public required int Clients { get; init; }

    /// <summary>Rounds with figures.</summary>
    public required int Rounds { get; init; }

    /// <summary>Rounds that failed.</summary>
    public required int Failed { get; init; }

    /// <summary>The reason of the first failure.</summary>
    public string? Error { get; init; }

    /// <summary>Clients that received at least one answer.</summary>
    public Figure? AnsweredClients { get; init; }

    public Figure? RoundTripsPerSecond { get; init; }

    /// <summary>Answered pings only.</summary>
    public Figure? LatencyP99Ns { get; init; }

    /// <summary>Resident memory of the server.</summary>
    public Figure? ResidentBytes { get; init; }

    /// <summary>Cores that the server kept busy.</summary>
    public Figure? CpuCores { get; init; }

    /// <summary>CPU time of the server.</summary>
    public Figure? CpuMicrosecondsPerRoundTrip { get; init; }
}
