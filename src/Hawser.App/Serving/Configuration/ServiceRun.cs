using System.Net;
using System.Net.Sockets;
using Hawser.App.Reloading;
using Hawser.App.Tls;
using Hawser.Services;

namespace Hawser.App.Serving.Configuration;

/// <summary>A service to be served.</summary>
/// <param name="Service">The service.</param>
/// <param name="Settings">Its own options.</param>
/// <param name="Options">Where and how.</param>
/// <param name="Security">What stands before it.</param>
internal sealed record ServiceRun(
    Service Service, ServiceSettings Settings, ServerOptions Options, ServeSecurity Security)
{
    /// <summary>The files to read again.</summary>
    public required IReadOnlyList<FileSet> Files { get; init; }

    /// <summary>Log failures only.</summary>
    public required bool IsQuiet { get; init; }

    /// <summary>Log every connection.</summary>
    public required bool IsVerbose { get; init; }

    /// <summary>The same service at these listening sockets, if there are any, and at these addresses.</summary>
    public ServiceRun At(IReadOnlyList<Socket> sockets, IReadOnlyList<EndPoint>? addresses = null) => sockets.Count == 0
        ? this
        : this with { Options = Options with { Sockets = sockets, EndPoints = addresses ?? [] } };

    /// <summary>What to print at the start, a line each.</summary>
    public IEnumerable<string> StartLines()
    {
        if (Service.Destination(Settings) is { } destination)
            yield return $"writing to {destination}";
        if (Service.DescribeBounds(Settings) is { } bounds)
            yield return Security.Authenticates ? bounds : $"{bounds}; no authentication";
        foreach (string line in Security.Certificates?.Description ?? [])
            yield return line;
    }
}
