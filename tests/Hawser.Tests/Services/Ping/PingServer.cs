using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Ping;

namespace Hawser.Tests.Services.Ping;

/// <summary>A ping server on a port of its own.</summary>
internal sealed class PingServer : RunningService
{
    private PingServer(ServiceSettings settings, string model, int threads)
        : base(new PingService(), settings, model, new ModelOptions { Threads = threads })
    {
    }

    public static PingServer Start(string model, string? slowClient = null, int threads = 8, bool verbose = false)
    {
        var settings = new ServiceSettings();
        if (slowClient is not null)
            settings.Set(PingService.SlowClient, slowClient);
        if (verbose)
            settings.Set(PingService.Verbose, "true");
        return new PingServer(settings, model, threads);
    }
}
