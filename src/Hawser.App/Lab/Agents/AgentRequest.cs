using System.Net;
using Hawser.App.CommandLine;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Lab.Agents;

/// <summary>The load that an agent is asked for, as in JSON.</summary>
/// <param name="Server">HOST:PORT.</param>
/// <param name="Clients">Connections at once.</param>
/// <param name="DurationMs">Milliseconds to measure.</param>
/// <param name="WarmUpMs">Milliseconds before.</param>
/// <param name="RampMs">Milliseconds over which the clients connect.</param>
/// <param name="Rate">Pings per second of all its clients (open loop); null for a closed loop.</param>
/// <param name="Wire">The protocol.</param>
/// <param name="Pipeline">Pings that a client sends at once.</param>
/// <param name="Churn">A connection for each ping.</param>
internal sealed record AgentRequest(
    string Server, int Clients, double DurationMs, double WarmUpMs, double RampMs, double? Rate, string Wire,
    int Pipeline, bool Churn)
{
    private const int MostClients = 100_000;
    private const double MostRate = 1e9;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>The share of a load for one of several agents.</summary>
    /// <param name="server">HOST:PORT.</param>
    /// <param name="variant">The protocol, and the shape of the whole load.</param>
    /// <param name="options">Duration and warm-up.</param>
    /// <param name="clients">Clients of this agent.</param>
    public static AgentRequest Of(string server, LabVariant variant, LabOptions options, int clients)
    {
        LabSetting setting = variant.Setting;
        return new AgentRequest(
            server, clients, options.Duration.TotalMilliseconds,
            setting.Burst ? 0 : options.WarmUp.TotalMilliseconds, setting.Ramp.TotalMilliseconds,
            setting.ScheduledPerSecond * clients / setting.Clients, variant.Subject.Wire ?? LoadWire.Ping.Name,
            setting.Pipeline, setting.Churn);
    }

    /// <summary>Checks every member, because it comes from the network.</summary>
    /// <exception cref="FormatException">A member is missing or out of bounds; the message names it.</exception>
    public PingLoadOptions ToOptions()
    {
        EndPoint server = ServerAddress.HasPort(Server ?? "")
            ? ServerAddress.Parse(Server!, defaultPort: 0)
            : throw new FormatException("server: not HOST:PORT");
        Require("clients", Clients is >= 1 and <= MostClients);
        Require("duration_ms", DurationMs > 0 && DurationMs <= Longest.TotalMilliseconds);
        Require("warm_up_ms", WarmUpMs >= 0 && WarmUpMs <= Longest.TotalMilliseconds);
        Require("ramp_ms", RampMs >= 0 && RampMs <= Longest.TotalMilliseconds);
        Require("rate", Rate is null or (> 0 and <= MostRate));
        Require("pipeline", Pipeline is >= 1 and <= PingLoadOptions.LongestPipeline);
        Require("churn", !Churn || (Rate is null && Pipeline == 1));
        return new PingLoadOptions
        {
            Servers = [server],
            Clients = Clients,
            Duration = TimeSpan.FromMilliseconds(DurationMs),
            WarmUp = TimeSpan.FromMilliseconds(WarmUpMs),
            Ramp = TimeSpan.FromMilliseconds(RampMs),
            Rate = Rate,
            Wire = LoadWire.Parse(Wire ?? ""),
            Pipeline = Pipeline,
            IsChurn = Churn,
        };

        static void Require(string member, bool isValid)
        {
            if (!isValid)
                throw new FormatException($"{member}: out of bounds");
        }
    }
}
