using Hawser.App.CommandLine;
using Hawser.App.Dashboard;
using Hawser.App.Output;
using Hawser.App.Reloading;
using Hawser.App.Serving.Configuration;
using Hawser.App.Serving.Takeover;
using Hawser.App.Status;
using Hawser.Cluster;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Serving;

/// <summary>The life of a serving process, from its options to its exit code.</summary>
internal sealed class ServeRun : IAsyncDisposable
{
    // The runtime and its assemblies take some 80. With fewer left the runtime aborts when it needs a thread or an
    // assembly; once all are loaded, the engine itself refuses to start without one for a connection.
    private const int LeastDescriptors = 112;
    private const int FurtherService = 4;

    private readonly ServePlan _plan;
    private readonly ServeProcess _process;
    private readonly ServeLogs _logs;
    private readonly ReloadedFiles _files = new();
    private readonly StopSignal _signal = new();
    private readonly List<ServiceHost> _hosts = [];
    private readonly List<ServeObserver> _observers = [];
    private readonly Readiness _readiness;
    private IReadOnlyList<ServiceRun> _services;
    private StatusSocket? _status;
    private ServeTelemetry? _telemetry;
    private DashboardServer? _dashboard;

    private ServeRun(ServePlan plan)
    {
        _plan = plan;
        _services = plan.Services;
        _process = ServeProcess.Enter(plan.Takeover);
        // A service whose result is the standard output leaves only the standard error to the logs.
        _logs = new ServeLogs(errorsOnly: _services.Any(run => run.Service.OwnsOutput), plan.Reporting.IsJson);
        _readiness = new Readiness(_observers);
        HangUpSignal.Watch(ReadAgain, _signal.Ask);
    }

    private bool IsAlone => _services.Count == 1;

    /// <summary>Serves until a signal, a failure or a successor.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="IOException">An address, or a resource of the system, is not available.</exception>
    /// <exception cref="UsageException">The options do not apply to this system.</exception>
    public static async Task<int> RunAsync(ServePlan plan)
    {
        RequireDescriptors(
            LeastDescriptors + (FurtherService * (plan.Services.Count - 1)) + plan.Reporting.Descriptors);
        await using var run = new ServeRun(plan);
        run.StartSideServers();
        run.StartServices();
        run.Announce();
        Task cause = await run.WaitForEndAsync();
        return await run.StopAsync(cause);
    }

    /// <summary>Ends the services, then what looks at them, then the logs. Whatever fails, the rest ends as
    /// well.</summary>
    public async ValueTask DisposeAsync()
    {
        using (_process)
        using (_logs)
        using (_files)
        await using (_status)
        await using (_telemetry)
        await using (_dashboard)
        {
            await Task.WhenAll(_hosts.Select(host => host.DisposeAsync().AsTask()));
        }
    }

    private static void RequireDescriptors(int least)
    {
        if (DescriptorLimit.Read() is { } limit && limit < least)
        {
            throw new IOException(
                $"{limit} descriptors are too few to serve, {least} are the least; raise the limit, see ulimit -n");
        }
    }

    /// <summary>Starts status, metrics and dashboard, while descriptors are free, and adopts the sockets of
    /// others.</summary>
    private void StartSideServers()
    {
        if (_plan.HasStatus)
            _status = StatusSocket.TryListen(StatusFolder.Location, _logs.Process);
        _telemetry = ServeTelemetry.Start(_plan.Reporting, _logs.Process);
        // Late, because connections wait in the kernel until the services have started.
        _services = _process.Adopt(_services, _logs.Errors);
        _telemetry?.Serve(
            wanted => _process.Take(TakeoverProtocol.Metrics, wanted), _readiness.WhyNot, _logs.Process);
        if (_plan.Reporting.Dashboard is { } options)
            _dashboard = StartDashboard(options);
    }

    private DashboardServer StartDashboard(DashboardOptions options)
    {
        foreach (FileSet set in options.Files)
            _files.Add(set, _logs.Process, _logs.Process);
        return DashboardServer.Start(
            options, [.. _services.Select(run => new ServerTelemetry(run.Service.Name))],
            _process.Take(TakeoverProtocol.Dashboard, options.Where.EndPoints), _logs.Process);
    }

    private void StartServices()
    {
        foreach (ServiceRun run in _services)
            StartService(run);
        _readiness.Phase = null;
        _process.Start(
            _services, [.. _hosts.Select(host => host.Server)], _observers,
            [(TakeoverProtocol.Metrics, _telemetry?.Server), (TakeoverProtocol.Dashboard, _dashboard?.Server)],
            _logs);
        _files.Watch();
    }

    private void ReadAgain()
    {
        // Before and after, nobody needs them.
        if (_readiness.Phase is null)
            _process.Reload(_files);
    }

    private void StartService(ServiceRun run)
    {
        string name = run.Service.Name;
        string prefix = IsAlone ? "" : $"{name}: ";
        StampedWriter? events = run.IsQuiet ? null : _logs.Of(name, prefix, StampedWriter.Info);
        ServiceEnvironment environment = EnvironmentOf(run, prefix, events);
        var observer = new ServeObserver(
            name, prefix, _logs, run.StartLines(), events, _logs.Of(name, prefix, StampedWriter.Info),
            environment.Errors, run.IsVerbose, _plan.Reporting.IsJson);
        _observers.Add(observer);
        ServerOptions options = run.Options with
        {
            Observer = _dashboard?.Source.Observe(name, observer) ?? observer,
            Meter = _telemetry?.MeterOf(name),
        };
        try
        {
            _hosts.Add(UsageException.Guard(() => ServiceHost.Start(run.Service, run.Settings, environment, options)));
        }
        catch (ListenException e) when (!IsAlone)
        {
            throw new IOException($"{name}: {e.Message} (--port-base moves the ports of all services)", e);
        }
        foreach (FileSet set in run.Files)
            _files.Add(set, environment.Events, environment.Errors);
    }

    private ServiceEnvironment EnvironmentOf(ServiceRun run, string prefix, StampedWriter? events) => new()
    {
        Log = run.IsQuiet ? TextWriter.Null : _logs.LogOf(run.Service.Name),
        Events = events ?? TextWriter.Null,
        Errors = _logs.Of(run.Service.Name, prefix, StampedWriter.Warning),
        Output = Standard.OpenOutput(),
        OpenUploadStore = options => ClusterStore.OpenAsync(options).GetAwaiter().GetResult(),
        Fail = _ => { },
    };

    /// <summary>Prints where metrics and dashboard are, and begins to answer for the services.</summary>
    private void Announce()
    {
        StatusSource[] sources =
        [
            .. _services.Zip(_hosts, _observers).Select(run => new StatusSource(
                run.First.Service.Name, run.First.Options.Model.Name, run.Second.Server, run.Third.Note,
                run.Third.Durations)),
        ];
        StatusBoard board = BoardFor("hawser status");
        _dashboard?.Source.Board = BoardFor("the dashboard");
        _telemetry?.Announce(_logs.Errors);
        _dashboard?.Announce(_logs.Errors);
        _ = _status?.AnswerAsync(board, Task.WhenAll(_observers.Select(observer => observer.Listens)));

        StatusBoard BoardFor(string asker) =>
            new(sources, _signal.Ask, () => _signal.Asked.IsCompleted || _process.Taken.IsCompleted, asker);
    }

    /// <returns>What ended it: a signal, the end of the log's reader, a successor, or the failure of a
    /// service.</returns>
    private Task<Task> WaitForEndAsync() => Task.WhenAny(
        [_signal.Asked, _logs.ReaderLeft, _process.Taken, .. _hosts.Select(host => host.Failure)]);

    /// <summary>Drains the services and prints what they wait for.</summary>
    /// <param name="cause">As <see cref="WaitForEndAsync"/> returned it.</param>
    private async Task<int> StopAsync(Task cause)
    {
        _process.Stop();
        _readiness.Phase = "draining";
        int open = _hosts.Sum(host => host.Server.Connections);
        string waitsFor = string.Join(
            ", ", _observers.Select(observer => observer.DescribeOpen()).Where(text => text != ""));
        // Begun before the line is printed, so that connections which end because of the line are counted.
        Task stopped = Task.WhenAll(_hosts.Select(host => host.StopAsync()));
        if (cause == _process.Taken)
            _logs.Errors.WriteLine("taken over: the new server accepts connections");
        if (cause is Task<string> failure)
            _logs.Errors.WriteLine($"ERROR: {failure.Result}");
        else if (open > 0)
            _logs.Errors.WriteLine($"stopping: waiting {DrainText()}for {Quantity.FormatCount(open, "connection")}: "
                + $"{waitsFor}; a second signal ends at once");
        await stopped;
        return cause is Task<string> ? ExitCode.Failed : ExitCode.Done;
    }

    private string DrainText()
    {
        TimeSpan drain = _services.Max(run => run.Options.Limits.DrainTimeout);
        return drain == Timeout.InfiniteTimeSpan ? "" : $"up to {Quantity.FormatDuration(drain)} ";
    }
}
