using System.Text;
using Hawser;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Worker;

/// <summary>Sends one line, <c>Healthy</c>, <c>Degraded</c> or <c>Unhealthy</c>, and closes: for a load balancer, or
/// <c>nc</c>.</summary>
public sealed class HealthHandler(HealthCheckService health) : IConnectionHandler
{
    public async Task HandleAsync(Connection connection, CancellationToken stopping)
    {
        HealthReport report = await health.CheckHealthAsync(connection.Aborted);
        await connection.WriteAsync(Encoding.ASCII.GetBytes($"{report.Status}\n"));
    }
}
