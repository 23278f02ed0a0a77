using System.CommandLine;
using System.Net;
using Hawser.App.Output;
using Hawser.App.Tls;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser serve SERVICE</c>: serves one service, or all of them.</summary>
internal static class ServeVerb
{
    // The runtime and its assemblies take some 80. With fewer left the runtime aborts when it needs a thread or an
    // assembly.
    private const int LeastDescriptors = 112;

    /// <param name="only">If this names a service, the others are left out.</param>
    public static Command Create(string? only = null)
    {
        var verb = new VerbCommand("serve", "Serve one service until a signal; without a name, all of them.")
        {
            Examples = ["hawser serve ping --model epoll", "hawser serve --port-base 9000"],
        };
        bool isService = ServiceCatalog.All.Any(service => service.Name == only);
        foreach (Service service in ServiceCatalog.All)
        {
            if (!isService || service.Name == only)
                verb.Add(CreateFor(service));
        }
        if (!isService)
            AddAllServices(verb);
        return verb;
    }

    private static VerbCommand CreateFor(Service service)
    {
        string place = service.PortIsArgument ? $" {service.DefaultPort}" : "";
        string values = string.Concat(service.Arguments.Select(argument => $" {argument.DefaultText}"));
        string output = service.OwnsOutput ? " > all.out" : "";
        var command = new VerbCommand(service.Name, $"Serve {service.Name}: {service.Summary}.")
        {
            Examples = [$"hawser serve {service.Name}{place}{values}{output}"],
            // As the exercise of that service has it.
            MisuseExitCode = service.OwnsOutput ? ExitCode.Failed : ExitCode.Misused,
        };
        var common = new ServeOptions(service);
        var readers = new List<Action<ParseResult, ServiceSettings>>();
        common.AddTo(command, [.. service.Options.Select(CreateOption)]);
        foreach (ServiceOption option in service.Arguments)
        {
            Argument<object> argument = VerbOptions.Argument(option.ValueName!, option.Help, option.ParseValue);
            command.Add(argument);
            readers.Add((parsed, settings) => settings.SetValue(option, parsed.GetValue(argument)!));
        }
        command.SetAction((parsed, _) =>
        {
            var settings = new ServiceSettings();
            readers.ForEach(read => read(parsed, settings));
            ServerOptions options = common.Read(parsed);
            return RunAsync(
                [(service, settings, options)], common.ReadSecurity(parsed), alone: true, common.IsQuiet(parsed),
                common.IsVerbose(parsed));
        });
        return command;

        Option CreateOption(ServiceOption option)
        {
            if (option.ValueName is null)
            {
                Option<bool> flag = VerbOptions.Flag($"--{option.Name}", option.Help);
                readers.Add((parsed, settings) => settings.SetValue(option, parsed.GetValue(flag)));
                return flag;
            }
            Option<object?> value = VerbOptions.Value<object?>(
                $"--{option.Name}", option.ValueName, option.Help, option.ParseValue, option.DefaultText);
            readers.Add((parsed, settings) =>
            {
                if (parsed.Has(value))
                    settings.SetValue(option, parsed.GetValue(value)!);
            });
            return value;
        }
    }

    private static void AddAllServices(VerbCommand verb)
    {
        Option<IReadOnlyList<EndPoint>> host = VerbOptions.Value(
            "--host", "ADDRESS", "an address or a name", ServerAddress.ParseListen, "127.0.0.1");
        Option<int?> portBase = VerbOptions.Value<int?>("--port-base", "PORT",
            "the first service's port, the others follow; 0: the system chooses [default: each its own]",
            text => Quantity.ParseInt(text, "port", 0, 65535 - ServiceCatalog.All.Count));
        Option<bool> quiet = VerbOptions.Flag("--quiet", "log failures only");
        Option<bool> verbose = VerbOptions.Flag("--verbose", "log every connection");
        verb.AddGroup("Options without a service", host, portBase, quiet, verbose);
        verb.SetAction((parsed, _) =>
        {
            IReadOnlyList<EndPoint> hosts = parsed.GetValue(host)!;
            if (hosts[0] is not IPEndPoint)
                throw new UsageException($"{host.Name}: a unix: address holds one service; name it");
            int? next = parsed.GetValue(portBase);
            var services = new List<(Service, ServiceSettings, ServerOptions)>();
            foreach (Service service in ServiceCatalog.All)
            {
                int port = next ?? service.DefaultPort;
                next = next is > 0 ? next + 1 : next;
                services.Add((service, ServiceSettings.Defaults, new ServerOptions
                {
                    EndPoints = [.. hosts.Select(address => ServerAddress.At(address, port))],
                    Model = ConcurrencyModels.Get(service.DefaultModel),
                    Backlog = service.DefaultBacklog,
                    Limits = service.DefaultLimits,
                }));
            }
            return RunAsync(
                services, ServeSecurity.None, alone: false, parsed.GetValue(quiet), parsed.GetValue(verbose));
        });
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<(Service Service, ServiceSettings Settings, ServerOptions Options)> services,
        ServeSecurity security, bool alone, bool isQuiet, bool isVerbose)
    {
        using ServeSecurity guard = security;
        if (DescriptorLimit.Read() is { } limit and < LeastDescriptors)
        {
            throw new IOException($"{limit} descriptors are too few to serve, {LeastDescriptors} are the least; "
                + "raise the limit, see ulimit -n");
        }
        var signal = new StopSignal();
        // A service whose result is the standard output leaves only the standard error to the logs.
        using var logs = new ServeLogs(errorsOnly: services.Any(run => run.Service.OwnsOutput));
        var hosts = new List<ServiceHost>();
        var observers = new List<ServeObserver>();
        try
        {
            foreach ((Service service, ServiceSettings settings, ServerOptions options) in services)
            {
                string prefix = alone ? "" : $"{service.Name}: ";
                var environment = new ServiceEnvironment
                {
                    Log = logs.Log,
                    Events = isQuiet ? TextWriter.Null : new StampedWriter(logs.Errors, prefix),
                    Errors = new StampedWriter(logs.Errors, prefix),
                    Output = Standard.OpenOutput(),
                    Fail = _ => { },
                };
                var observer = new ServeObserver(
                    prefix, logs, StartLines(service, settings, security), environment.Events, environment.Errors,
                    isVerbose);
                observers.Add(observer);
                try
                {
                    ServerOptions guarded = options with { Observer = observer, Layers = security.Layers };
                    hosts.Add(UsageException.Guard(
                        () => ServiceHost.Start(service, settings, environment, guarded)));
                    security.Certificates?.Watch(environment.Events, environment.Errors);
                }
                catch (ListenException e) when (!alone)
                {
                    throw new IOException($"{service.Name}: {e.Message} (--port-base moves the ports of all services)", e);
                }
            }
            TimeSpan drain = services.Max(run => run.Options.Limits.DrainTimeout);
            return await RunUntilOverAsync(hosts, observers, drain, signal, logs);
        }
        finally
        {
            foreach (ServiceHost host in hosts)
                await host.DisposeAsync();
        }
    }

    private static IEnumerable<string> StartLines(Service service, ServiceSettings settings, ServeSecurity security)
    {
        if (service.Destination(settings) is { } destination)
            yield return $"writing to {destination}";
        if (service.DescribeBounds(settings) is { } bounds)
            yield return security.Authenticates ? bounds : $"{bounds}; no authentication";
        foreach (string line in security.Certificates?.Description ?? [])
            yield return line;
    }

    private static async Task<int> RunUntilOverAsync(
        List<ServiceHost> hosts, List<ServeObserver> observers, TimeSpan drain, StopSignal signal, ServeLogs logs)
    {
        Task over = await Task.WhenAny([signal.Asked, logs.ReaderLeft, .. hosts.Select(host => host.Failure)]);
        int open = hosts.Sum(host => host.Server.Connections);
        string waitsFor = string.Join(", ", observers.Select(observer => observer.DescribeOpen()).Where(text => text != ""));
        // Begun before the line is printed, so that connections which end because of the line are counted.
        Task stopped = Task.WhenAll(hosts.Select(host => host.StopAsync()));
        if (over is Task<string> failure)
            logs.Errors.WriteLine($"ERROR: {failure.Result}");
        else if (open > 0)
            logs.Errors.WriteLine($"stopping: waiting {UpTo(drain)}for {Quantity.FormatCount(open, "connection")}: "
                + $"{waitsFor}; a second signal ends at once");
        await stopped;
        return over == signal.Asked ? ExitCode.Done : ExitCode.Failed;
    }

    private static string UpTo(TimeSpan drain) =>
        drain == Timeout.InfiniteTimeSpan ? "" : $"up to {Quantity.FormatDuration(drain)} ";
}
