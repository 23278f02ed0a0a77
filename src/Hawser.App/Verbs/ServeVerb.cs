using System.CommandLine;
using Hawser.App.Output;
using Hawser.Models;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser serve SERVICE</c>: serves one service; without one, all of them.</summary>
internal static class ServeVerb
{
    // The runtime and the loaded assemblies take some 80; below that the runtime ends the process as soon as it needs
    // a thread or an assembly.
    private const int LeastDescriptors = 112;

    public static Command Create()
    {
        var verb = new Command("serve", "Serve a service until a signal; without a name, all of them.");
        foreach (Service service in ServiceCatalog.All)
            verb.Add(CreateFor(service));
        AddAllServices(verb);
        return verb;
    }

    private static Command CreateFor(Service service)
    {
        var command = new Command(service.Name, $"Serve {service.Name}: {service.Summary}.");
        var common = new ServeOptions(service);
        common.AddTo(command);
        var texts = new List<(ServiceOption Option, Func<ParseResult, string?> Read)>();
        foreach (ServiceOption option in service.Arguments)
        {
            var argument = new Argument<string>(option.ValueName!) { Description = option.Help };
            command.Add(argument);
            texts.Add((option, parsed => parsed.GetValue(argument)));
        }
        foreach (ServiceOption option in service.Options)
            texts.Add((option, AddOption(command, option)));

        command.SetAction((parsed, _) =>
        {
            var settings = new ServiceSettings();
            foreach ((ServiceOption option, Func<ParseResult, string?> read) in texts)
            {
                if (read(parsed) is { } text)
                    settings.Set(option, text);
            }
            return RunAsync([(service, settings, common.Read(parsed))], alone: true);
        });
        return command;
    }

    private static Func<ParseResult, string?> AddOption(Command command, ServiceOption option)
    {
        if (option.ValueName is null)
        {
            var flag = new Option<bool>($"--{option.Name}") { Description = option.Help };
            command.Add(flag);
            return parsed => parsed.GetValue(flag) ? "true" : null;
        }
        Option<string> value = VerbOptions.Text($"--{option.Name}", option.ValueName, option.Help, option.DefaultText);
        command.Add(value);
        return parsed => parsed.GetValue(value);
    }

    private static void AddAllServices(Command verb)
    {
        Option<string> host = VerbOptions.Text("--host", "ADDRESS", "where to listen", "127.0.0.1");
        Option<string> portBase = VerbOptions.Text(
            "--port-base", "PORT", "the first service's port, the others follow (default: each its own)");
        verb.Add(host);
        verb.Add(portBase);
        verb.SetAction((parsed, _) =>
        {
            string? first = parsed.GetValue(portBase);
            int? next = first is null ? null : Quantity.ParseInt(first, "port", 0, 65535 - ServiceCatalog.All.Count);
            var services = new List<(Service, ServiceSettings, ServerOptions)>();
            foreach (Service service in ServiceCatalog.All)
            {
                int port = next ?? service.DefaultPort;
                next = next is > 0 ? next + 1 : next;
                services.Add((service, ServiceSettings.Defaults, new ServerOptions
                {
                    EndPoints = VerbOptions.ParseListenAddress(parsed.GetValue(host)!, port),
                    Model = ConcurrencyModels.Get(service.DefaultModel),
                    Backlog = service.DefaultBacklog,
                    Limits = service.DefaultLimits,
                }));
            }
            return RunAsync(services, alone: false);
        });
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<(Service Service, ServiceSettings Settings, ServerOptions Options)> services, bool alone)
    {
        if (DescriptorLimit.Read() is { } limit and < LeastDescriptors)
        {
            throw new IOException($"{limit} descriptors are too few to serve, {LeastDescriptors} are the least; "
                + "raise the limit, see ulimit -n");
        }
        using var signal = new StopSignal();
        // Where one service's bytes are the standard output, lines for people go elsewhere.
        using var logs = new ServeLogs(errorsOnly: services.Any(run => run.Service.OwnsOutput));
        var hosts = new List<ServiceHost>();
        try
        {
            foreach ((Service service, ServiceSettings settings, ServerOptions options) in services)
            {
                var environment = new ServiceEnvironment
                {
                    Log = logs.Log,
                    Errors = logs.Errors,
                    Output = Standard.OpenOutput(),
                    Fail = _ => { },
                };
                string name = alone ? "" : $"{service.Name}: ";
                var observer = new ServeObserver(name, logs.Log, logs.Errors, service.DescribeBounds(settings));
                hosts.Add(ServiceHost.Start(service, settings, environment, options with { Observer = observer }));
            }
            return await RunUntilOverAsync(hosts, signal, logs);
        }
        finally
        {
            foreach (ServiceHost host in hosts)
                await host.DisposeAsync();
        }
    }

    private static async Task<int> RunUntilOverAsync(List<ServiceHost> hosts, StopSignal signal, ServeLogs logs)
    {
        Task over = await Task.WhenAny([signal.Asked, logs.ReaderLeft, .. hosts.Select(host => host.Failure)]);
        int open = hosts.Sum(host => host.Server.Connections);
        // It begins before anybody hears of it: who finishes because of the news is counted.
        Task stopped = Task.WhenAll(hosts.Select(host => host.StopAsync()));
        if (over is Task<string> failure)
            logs.Errors.WriteLine($"ERROR: {failure.Result}");
        else if (open > 0)
            logs.Errors.WriteLine($"stopping: {open} connections may still finish; a second signal ends at once");
        await stopped;
        return over == signal.Asked ? ExitCode.Done : ExitCode.Failed;
    }
}
