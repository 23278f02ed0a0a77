using System.CommandLine;
using Hawser.App.CommandLine;
using Hawser.App.Dashboard;
using Hawser.App.Output;
using Hawser.App.Reloading;
using Hawser.App.Serving;
using Hawser.App.Serving.Configuration;
using Hawser.App.Serving.Takeover;
using Hawser.App.Status;
using Hawser.Cluster;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser serve [SERVICE]</c>: serves one service, several, or all of them.</summary>
internal static class ServeVerb
{
    // The runtime and its assemblies take some 80. With fewer left the runtime aborts when it needs a thread or an
    // assembly.
    private const int LeastDescriptors = 112;

    /// <summary>Creates the verb for these words.</summary>
    public static Command Create(string[] words) => new ServeCommand(words, RunAsync);

    private static async Task<int> RunAsync(ParseResult parsed, IReadOnlyList<string> words)
    {
        ServePlan plan = ServePlan.Read(parsed, words, Environment.GetEnvironmentVariables());
        if (ProcessOptions.IsCheck(parsed))
        {
            Standard.Out.Write(plan.Describe());
            return ExitCode.Done;
        }
        try
        {
            return await RunAsync(plan);
        }
        catch (Exception e) when (plan.Reporting.IsJson)
        {
            return FaultReport.Write(e, ExitCode.Misused, new StampedWriter(Standard.Error, null, "", isJson: true));
        }
    }

    private static async Task<int> RunAsync(ServePlan plan)
    {
        if (DescriptorLimit.Read() is { } limit and < LeastDescriptors)
        {
            throw new IOException($"{limit} descriptors are too few to serve, {LeastDescriptors} are the least; "
                + "raise the limit, see ulimit -n");
        }
        using var process = ServeProcess.Enter(plan.Takeover);
        bool alone = plan.Services.Count == 1;
        var signal = new StopSignal();
        // A service whose result is the standard output leaves only the standard error to the logs.
        using var logs = new ServeLogs(errorsOnly: plan.Services.Any(run => run.Service.OwnsOutput), plan.Reporting.IsJson);
        using var files = new ReloadedFiles();
        var hosts = new List<ServiceHost>();
        var observers = new List<ServeObserver>();
        var readiness = new Readiness(observers);
        await using StatusSocket? status =
            plan.HasStatus ? StatusSocket.TryListen(StatusFolder.Location, logs.Process) : null;
        await using ServeTelemetry? telemetry = ServeTelemetry.Start(plan.Reporting, logs.Process);
        // Late, because connections wait in the kernel until the services have started.
        IReadOnlyList<ServiceRun> services = process.Adopt(plan.Services, logs.Errors);
        telemetry?.Serve(
            wanted => process.Take(TakeoverProtocol.Metrics, wanted), readiness.WhyNot, logs.Process);
        await using DashboardServer? dashboard = StartDashboard(plan, process, files, logs);
        try
        {
            foreach (ServiceRun run in services)
            {
                string prefix = alone ? "" : $"{run.Service.Name}: ";
                StampedWriter? events =
                    run.IsQuiet ? null : logs.Of(run.Service.Name, prefix, StampedWriter.Info);
                ServiceEnvironment environment = EnvironmentOf(run, prefix, events, logs);
                var observer = new ServeObserver(
                    run.Service.Name, prefix, logs, run.StartLines(), events, environment.Errors, run.IsVerbose,
                    plan.Reporting.IsJson);
                observers.Add(observer);
                try
                {
                    ServerOptions observed = run.Options with
                    {
                        Observer = dashboard?.Source.Observe(run.Service.Name, observer) ?? observer,
                        Meter = telemetry?.MeterOf(run.Service.Name),
                    };
                    hosts.Add(UsageException.Guard(
                        () => ServiceHost.Start(run.Service, run.Settings, environment, observed)));
                }
                catch (ListenException e) when (!alone)
                {
                    throw new IOException(
                        $"{run.Service.Name}: {e.Message} (--port-base moves the ports of all services)", e);
                }
                foreach (FileSet set in run.Files)
                    files.Add(set, environment.Events, environment.Errors);
            }
            readiness.Phase = null;
            process.Start(
                services, [.. hosts.Select(host => host.Server)], observers,
                [(TakeoverProtocol.Metrics, telemetry?.Server), (TakeoverProtocol.Dashboard, dashboard?.Server)],
                files, logs);
            TimeSpan drain = services.Max(run => run.Options.Limits.DrainTimeout);
            StatusSource[] sources =
            [
                .. services.Zip(hosts, observers).Select(run => new StatusSource(
                    run.First.Service.Name, run.First.Options.Model.Name, run.Second.Server, run.Third.Note,
                    run.Third.Durations)),
            ];
            StatusBoard board = BoardFor("hawser status");
            dashboard?.Source.Board = BoardFor("the dashboard");
            telemetry?.Announce(logs.Errors);
            dashboard?.Announce(logs.Errors);
            _ = status?.AnswerAsync(board, Task.WhenAll(observers.Select(observer => observer.Listens)));
            return await RunUntilOverAsync(hosts, observers, drain, signal, logs, process, readiness);

            StatusBoard BoardFor(string asker) =>
                new(sources, signal.Ask, () => signal.Asked.IsCompleted || process.Taken.IsCompleted, asker);
        }
        finally
        {
            foreach (ServiceHost host in hosts)
                await host.DisposeAsync();
        }
    }

    private static ServiceEnvironment EnvironmentOf(
        ServiceRun run, string prefix, StampedWriter? events, ServeLogs logs) => new()
        {
            Log = run.IsQuiet ? TextWriter.Null : logs.Log,
            Events = events ?? TextWriter.Null,
            Errors = logs.Of(run.Service.Name, prefix, StampedWriter.Warning),
            Output = Standard.OpenOutput(),
            OpenUploadStore = options => ClusterStore.OpenAsync(options).GetAwaiter().GetResult(),
            Fail = _ => { },
        };

    /// <returns>Null if none is asked for.</returns>
    private static DashboardServer? StartDashboard(
        ServePlan plan, ServeProcess process, ReloadedFiles files, ServeLogs logs)
    {
        if (plan.Reporting.Dashboard is not { } options)
            return null;
        foreach (FileSet set in options.Files)
            files.Add(set, logs.Process, logs.Process);
        return DashboardServer.Start(
            options, [.. plan.Services.Select(run => new ServerTelemetry(run.Service.Name))],
            process.Take(TakeoverProtocol.Dashboard, options.Where.EndPoints), logs.Process);
    }

    private static async Task<int> RunUntilOverAsync(
        List<ServiceHost> hosts, List<ServeObserver> observers, TimeSpan drain, StopSignal signal, ServeLogs logs,
        ServeProcess process, Readiness readiness)
    {
        Task over = await Task.WhenAny(
            [signal.Asked, logs.ReaderLeft, process.Taken, .. hosts.Select(host => host.Failure)]);
        process.Stop();
        readiness.Phase = "draining";
        int open = hosts.Sum(host => host.Server.Connections);
        string waitsFor = string.Join(", ", observers.Select(observer => observer.DescribeOpen()).Where(text => text != ""));
        // Begun before the line is printed, so that connections which end because of the line are counted.
        Task stopped = Task.WhenAll(hosts.Select(host => host.StopAsync()));
        if (over == process.Taken)
            logs.Errors.WriteLine("taken over: the new server accepts connections");
        if (over is Task<string> failure)
            logs.Errors.WriteLine($"ERROR: {failure.Result}");
        else if (open > 0)
            logs.Errors.WriteLine($"stopping: waiting {UpTo(drain)}for {Quantity.FormatCount(open, "connection")}: "
                + $"{waitsFor}; a second signal ends at once");
        await stopped;
        return over is Task<string> ? ExitCode.Failed : ExitCode.Done;
    }

    private static string UpTo(TimeSpan drain) =>
        drain == Timeout.InfiniteTimeSpan ? "" : $"up to {Quantity.FormatDuration(drain)} ";
}
