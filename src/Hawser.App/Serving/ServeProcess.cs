using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.App.CommandLine;
using Hawser.App.Reloading;
using Hawser.App.Serving.Configuration;
using Hawser.App.Serving.Systemd;
using Hawser.App.Serving.Takeover;

namespace Hawser.App.Serving;

/// <summary>A serving process towards systemd, its predecessor and its successor.</summary>
internal sealed class ServeProcess : IDisposable
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly IDictionary _variables = Environment.GetEnvironmentVariables();
    private readonly string? _takeover;
    private readonly SystemdNotifier? _systemd;
    private TakeoverRequest? _predecessor;
    private TakeoverOffer? _offer;

    private ServeProcess(string? takeover)
    {
        _takeover = takeover;
        _systemd = SystemdNotifier.Find(_variables, Environment.ProcessId);
    }

    /// <summary>Completes when another process has taken over.</summary>
    public Task Taken => OperatingSystem.IsLinux() ? _offer?.Taken ?? Never : Never;

    /// <param name="takeover">Where to take over and to be taken over; null for neither.</param>
    /// <exception cref="UsageException">The system cannot pass sockets.</exception>
    public static ServeProcess Enter(string? takeover) => takeover is null || OperatingSystem.IsLinux()
        ? new ServeProcess(takeover)
        : throw new UsageException("--takeover: requires Linux");

    /// <summary>The services at the sockets of systemd, or of the predecessor, which does not accept from now until
    /// <see cref="Start"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="errors">Receives a line if the predecessor takes long.</param>
    /// <exception cref="IOException">The predecessor does not hand over.</exception>
    /// <exception cref="UsageException">A socket of systemd's has no service.</exception>
    public IReadOnlyList<ServiceRun> Adopt(IReadOnlyList<ServiceRun> services, TextWriter errors)
    {
        services = SystemdSockets.Adopt(services, _variables, Environment.ProcessId);
        if (_takeover is not null && OperatingSystem.IsLinux()
            && TakeoverRequest.Ask(_takeover, errors) is { } predecessor)
        {
            _predecessor = predecessor;
            return [.. services.Select(AtPredecessors)];
        }
        return services;
    }

    private ServiceRun AtPredecessors(ServiceRun run)
    {
        (IReadOnlyList<Socket> taken, IReadOnlyList<EndPoint> open) = Take(run.Service.Name, run.Options.EndPoints);
        return run.At(taken, open);
    }

    /// <summary>After <see cref="Adopt"/>: the predecessor's sockets for a server beside the services, and the addresses
    /// without one.</summary>
    /// <param name="name">As <see cref="TakeoverProtocol"/> has it.</param>
    /// <param name="wanted">The addresses.</param>
    public (IReadOnlyList<Socket> Taken, IReadOnlyList<EndPoint> Open) Take(
        string name, IReadOnlyList<EndPoint> wanted) =>
        OperatingSystem.IsLinux() && _predecessor is not null ? _predecessor.Take(name, wanted) : ([], wanted);

    /// <summary>The servers accept: tells the predecessor and systemd, and watches servers and
    /// successors.</summary>
    /// <param name="services">The services.</param>
    /// <param name="servers">Their servers.</param>
    /// <param name="observers">Of the servers.</param>
    /// <param name="besides">The servers beside the services, by name; null for one that does not run.</param>
    /// <param name="logs">Receive warnings.</param>
    /// <exception cref="IOException">The path of <c>--takeover</c> is not available, or the predecessor has waited too
    /// long; it serves on.</exception>
    public void Start(
        IReadOnlyList<ServiceRun> services, IReadOnlyList<Server> servers, IReadOnlyList<ServeObserver> observers,
        IEnumerable<(string Name, Server? Server)> besides, ServeLogs logs)
    {
        if (_takeover is not null && OperatingSystem.IsLinux())
        {
            (string, Server)[] offered =
            [
                .. services.Zip(servers, (run, server) => (run.Service.Name, server)),
                .. besides.Where(beside => beside.Server is not null).Select(beside => (beside.Name, beside.Server!)),
            ];
            StartOffer(_takeover, offered, logs.Errors);
        }
        AcceptWatch[] watches =
        [
            .. servers.Select((server, index) => new AcceptWatch(
                server, observers[index], services[index].Options.Model.LongestSilence is not null)),
        ];
        _systemd?.Ready();
        // Each is looked at, whatever the others do.
        _systemd?.Watch(() => watches.Count(watch => watch.IsAlive()) == watches.Length);
    }

    /// <summary>Reads files again, and tells systemd.</summary>
    public void Reload(ReloadedFiles files)
    {
        _systemd?.Reloading();
        files.ReadAgain(isAsked: true);
        _systemd?.Ready();
    }

    /// <summary>The servers begin to stop.</summary>
    public void Stop() => _systemd?.Stopping();

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            _predecessor?.Dispose();
            _offer?.Dispose();
        }
        _systemd?.Dispose();
    }

    /// <summary>Prepares the offer, so that the predecessor drains only if this server can live, and opens it once the
    /// predecessor has agreed, so that one that serves on keeps the path.</summary>
    [SupportedOSPlatform("linux")]
    private void StartOffer(string path, IReadOnlyList<(string Service, Server Server)> servers, TextWriter errors)
    {
        _offer = new TakeoverOffer(path, servers, errors);
        _predecessor?.Start([.. servers.Select(entry => entry.Server)]);
        try
        {
            _offer.Open();
        }
        catch (IOException e) when (_predecessor is not null)
        {
            errors.WriteLine($"WARNING: {e.Message}; the next server cannot take over from this one");
        }
    }
}
