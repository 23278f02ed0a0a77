using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>What one measurement gave. Durations end in their unit.</summary>
internal sealed record LabFigures
{
    public required double Seconds { get; init; }

    public required long RoundTrips { get; init; }

    public required double RoundTripsPerSecond { get; init; }

    public required long LatencyP50Ns { get; init; }

    public required long LatencyP90Ns { get; init; }

    public required long LatencyP99Ns { get; init; }

    public required long LatencyP999Ns { get; init; }

    public required long LatencyMaxNs { get; init; }

    /// <summary>Pings of an open loop's schedule that got no pong by the end.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Of all pings that were to be measured, the share that got no pong.</summary>
    [JsonIgnore]
    public double UnansweredShare => Unanswered == 0 ? 0 : (double)Unanswered / (RoundTrips + Unanswered);

    /// <summary>Jain's index of the clients' round trips, 1 for evenly shared.</summary>
    public required double JainIndex { get; init; }

    /// <summary>Clients that got at least one pong.</summary>
    public required long AnsweredClients { get; init; }

    public required long SlowestClientRoundTrips { get; init; }

    public required long FastestClientRoundTrips { get; init; }

    /// <summary>How busy the load client's loops were, 1 for all the time.</summary>
    public required double LoadCpuShare { get; init; }

    /// <summary>The load client may have been what was measured.</summary>
    public required bool LoadWasLimit { get; init; }

    /// <summary>What the server spent; null where nobody can look into it.</summary>
    public LabServerFigures? Server { get; init; }
}
