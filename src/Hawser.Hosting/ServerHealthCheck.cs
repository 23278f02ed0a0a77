using Hawser.Limits;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hawser.Hosting;

/// <summary>Whether a server accepts connections.</summary>
internal sealed class ServerHealthCheck(HostedServer hosted) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        HealthStatus failure = context.Registration.FailureStatus;
        return Task.FromResult(hosted.Running is not { } server ? new HealthCheckResult(failure, "not started")
            : server.Completion.IsFaulted
                ? new HealthCheckResult(failure, "not accepting", server.Completion.Exception.InnerException)
            : server.Completion.IsCompleted ? new HealthCheckResult(failure, "stopped")
            : server.IsStopping ? new HealthCheckResult(failure, "stopping", data: Describe(server))
            : hosted.IsExhausted
                ? HealthCheckResult.Degraded("out of descriptors, threads or memory", data: Describe(server))
            : HealthCheckResult.Healthy(data: Describe(server)));
    }

    private static Dictionary<string, object> Describe(Server server)
    {
        var data = new Dictionary<string, object>
        {
            ["listening"] = string.Join(", ", server.EndPoints),
            ["connections"] = server.Connections,
        };
        foreach (LimitUse use in server.ReadLimits())
        {
            if (use.Current is { } current)
                data[use.Name] = current;
        }
        return data;
    }
}
