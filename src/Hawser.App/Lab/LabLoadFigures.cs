using System.Text.Json.Serialization;
using Hawser.App.LoadReports;

namespace Hawser.App.Lab;

/// <summary>What a load measured.</summary>
internal sealed record LabLoadFigures
{
    public required double Seconds { get; init; }

    public required long RoundTrips { get; init; }

    public required double RoundTripsPerSecond { get; init; }

    public required long LatencyP50Ns { get; init; }

    public required long LatencyP90Ns { get; init; }

    public required long LatencyP99Ns { get; init; }

    public required long LatencyP999Ns { get; init; }

    public required long LatencyMaxNs { get; init; }

    /// <summary>Scheduled pings (open loop) without a pong by the end.</summary>
    public required long Unanswered { get; init; }

    /// <summary>The unanswered share of all pings to be measured.</summary>
    [JsonIgnore]
    public double UnansweredShare => Unanswered == 0 ? 0 : (double)Unanswered / (RoundTrips + Unanswered);

    /// <summary>Jain's index of the round trips per client; 1 for equal shares.</summary>
    public required double JainIndex { get; init; }

    /// <summary>Clients that received at least one pong.</summary>
    public required long AnsweredClients { get; init; }

    public required long SlowestClientRoundTrips { get; init; }

    public required long FastestClientRoundTrips { get; init; }

    /// <summary>How busy the load's loops were; 1 for all the time.</summary>
    public required double LoadCpuShare { get; init; }

    /// <summary>User and system time of the load per round trip; null if not recorded.</summary>
    public double? LoadCpuMicrosecondsPerRoundTrip { get; init; }

    /// <summary>The load may have been the bottleneck.</summary>
    public required bool LoadWasLimit { get; init; }

    /// <summary>Of a burst: clients that never received a pong.</summary>
    public long? LostClients { get; init; }

    /// <summary>Of a burst: median time to connect.</summary>
    public long? ConnectP50Ns { get; init; }

    /// <summary>Of a burst: 99th percentile of the times to connect.</summary>
    public long? ConnectP99Ns { get; init; }

    /// <summary>Agents that were lost during the measurement; null if none was. The figures are without their
    /// clients.</summary>
    public IReadOnlyList<LostAgent>? LostAgents { get; init; }

    /// <summary>The share of the clients that were lost with their agents.</summary>
    [JsonIgnore]
    public double LostShare => LostAgents?.Sum(lost => (double)lost.Clients / lost.Of) ?? 0;
}
