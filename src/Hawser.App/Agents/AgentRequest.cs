using System.Net;
using System.Text.Json.Serialization;
using Hawser.App.CommandLine;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Agents;

/// <summary>The load that an agent is asked for, as in JSON.</summary>
/// <param name="Servers">HOST:PORT of each.</param>
/// <param name="FirstClient">The number of its first client; other agents have those before.</param>
/// <param name="Clients">Connections at once.</param>
/// <param name="DurationMs">Milliseconds to measure.</param>
/// <param name="WarmUpMs">Milliseconds before.</param>
/// <param name="RampMs">Milliseconds over which the clients connect.</param>
/// <param name="TimeoutMs">Milliseconds to wait for pongs in flight at the end; null for no limit.</param>
/// <param name="Rate">Pings per second of all its clients (open loop); null for a closed loop.</param>
/// <param name="Wire">The protocol.</param>
/// <param name="Pipeline">Pings that a client sends at once.</param>
/// <param name="Churn">A connection for each ping.</param>
internal sealed record AgentRequest(
    IReadOnlyList<string> Servers, int FirstClient, int Clients, double DurationMs, double WarmUpMs, double RampMs,
    double? TimeoutMs, double? Rate, string Wire, int Pipeline, bool Churn)
{
    private const int MostServers = 100;
    private const int MostClients = 100_000;
    private const int HighestFirstClient = 1_000_000;
    private const double MostRate = 1e9;

    private static readonly double LongestMs = TimeSpan.FromMinutes(10).TotalMilliseconds;

    /// <summary>Asks for a load.</summary>
    /// <param name="load">The agent's share.</param>
    public static AgentRequest Of(PingLoadOptions load) => new(
        [.. load.Servers.Select(EndPointText.Of)], load.FirstClient, load.Clients, load.Duration.TotalMilliseconds,
        load.WarmUp.TotalMilliseconds, load.Ramp.TotalMilliseconds,
        load.Timeout == Timeout.InfiniteTimeSpan ? null : load.Timeout.TotalMilliseconds, load.Rate, load.Wire.Name,
        load.Pipeline, load.IsChurn);

    /// <summary>Checks every member, because it comes from the network.</summary>
    /// <exception cref="FormatException">A member is missing or out of bounds; the message names it.</exception>
    public PingLoadOptions ToOptions()
    {
        Require("servers", Servers is { Count: >= 1 and <= MostServers }, $"1 to {MostServers} servers");
        Require("first_client", FirstClient is >= 0 and <= HighestFirstClient, $"0 to {HighestFirstClient}");
        Require("clients", Clients is >= 1 and <= MostClients, $"1 to {MostClients} for each agent");
        Require("duration_ms", DurationMs > 0 && DurationMs <= LongestMs, $"above 0, up to {LongestMs}");
        Require("warm_up_ms", WarmUpMs >= 0 && WarmUpMs <= LongestMs, $"0 to {LongestMs}");
        Require("ramp_ms", RampMs >= 0 && RampMs <= LongestMs, $"0 to {LongestMs}");
        Require("timeout_ms", TimeoutMs is null || (TimeoutMs >= 0 && TimeoutMs <= LongestMs), $"0 to {LongestMs}");
        Require("rate", Rate is null or (> 0 and <= MostRate), $"above 0, up to {MostRate}");
        Require("pipeline", Pipeline is >= 1 and <= PingLoadOptions.LongestPipeline,
            $"1 to {PingLoadOptions.LongestPipeline}");
        Require("churn", !Churn || (Rate is null && Pipeline == 1), "not beside rate and pipeline");
        return new PingLoadOptions
        {
            Servers = [.. Servers!.Select(ParseServer)],
            FirstClient = FirstClient,
            Clients = Clients,
            Duration = TimeSpan.FromMilliseconds(DurationMs),
            WarmUp = TimeSpan.FromMilliseconds(WarmUpMs),
            Ramp = TimeSpan.FromMilliseconds(RampMs),
            Timeout = TimeoutMs is { } timeout ? TimeSpan.FromMilliseconds(timeout) : Timeout.InfiniteTimeSpan,
            Rate = Rate,
            Wire = LoadWire.Parse(Wire ?? ""),
            Pipeline = Pipeline,
            IsChurn = Churn,
        };

        static void Require(string member, bool isValid, string bounds)
        {
            if (!isValid)
                throw new FormatException($"{member}: out of bounds; use {bounds}");
        }
    }

    private static EndPoint ParseServer(string? server) => ServerAddress.HasPort(server ?? "")
        ? ServerAddress.Parse(server!, defaultPort: 0)
        : throw new FormatException($"servers: '{server}' is not HOST:PORT");
}

/// <summary>The request's JSON, generated at compile time so that it survives ahead-of-time compilation. A member that is
/// not known is an error.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AgentRequest))]
internal sealed partial class AgentJson : JsonSerializerContext;
