using System.Collections;
using System.CommandLine;
using System.Net;
using System.Text;
using Hawser.App.CommandLine;
using Hawser.Cluster;
using Hawser.Services;
using Hawser.Services.Text;
using Hawser.Services.Upload;

namespace Hawser.App.Serving.Configuration;

/// <summary>The services to run, read from the command line, the environment and a file.</summary>
internal sealed class ServePlan
{
    private readonly List<(ServiceRun Run, CompletedLine Line)> _services = [];
    private ServeReporting? _reporting;

    private ServePlan()
    {
    }

    /// <summary>The services.</summary>
    public IReadOnlyList<ServiceRun> Services => [.. _services.Select(service => service.Run)];

    /// <summary>Where to take over from another server; null for nowhere.</summary>
    public string? Takeover => ProcessOptions.TakeoverOf(Any);

    /// <summary>Whether <c>hawser status</c> may see the servers.</summary>
    public bool HasStatus => ProcessOptions.HasStatus(Any);

    /// <summary>The format of the log, and where metrics and the dashboard are.</summary>
    public ServeReporting Reporting => _reporting!;

    /// <summary>The options of the process are those of every service.</summary>
    private ParseResult Any => _services[0].Line.Parsed;

    /// <summary>Reads <c>hawser serve [SERVICE]</c>.</summary>
    /// <param name="parsed">The command line, parsed.</param>
    /// <param name="words">Its words.</param>
    /// <param name="variables">The environment.</param>
    /// <exception cref="UsageException">An option, or a file that one names, is invalid.</exception>
    public static ServePlan Read(ParseResult parsed, IReadOnlyList<string> words, IDictionary variables)
    {
        var configuration = new ServeConfiguration(parsed, () => new ServeCommand([], run: null), variables);
        var plan = new ServePlan();
        if (parsed.CommandResult.Command is ServiceCommand service)
            plan.Add(service, configuration.Complete(words, parsed));
        else
            plan.AddSeveral(configuration, parsed, words);
        plan._reporting = plan._services[0].Line.Guard(() => ProcessOptions.ReportingOf(plan.Any));
        // Sockets of systemd's have other addresses.
        if (!variables.Contains("LISTEN_FDS"))
            plan.CheckPorts();
        return plan;
    }

    /// <summary>The options of each service and where each comes from, a line each.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach ((ServiceRun run, CompletedLine line) in _services)
        {
            (string Name, string Value, string Origin)[] values = [.. line.Describe()];
            int name = values.Max(value => value.Name.Length);
            int width = values.Max(value => value.Value.Length);
            text.Append(run.Service.Name).Append('\n');
            foreach ((string Name, string Value, string Origin) value in values)
            {
                text.Append(Printable.Line(
                    $"  {value.Name.PadRight(name)}  {value.Value.PadRight(width)}  {value.Origin}")).Append('\n');
            }
        }
        return text.ToString();
    }

    /// <exception cref="UsageException">Two options mean the same port.</exception>
    private void CheckPorts()
    {
        (string Option, IReadOnlyList<EndPoint> Where)[] all =
        [
            .. Services.Select(run => (
                Services.Count > 1 ? $"the port of {run.Service.Name}" : "--port", run.Options.EndPoints)),
            ("--metrics", Reporting.Metrics?.EndPoints ?? []),
            ("--dashboard", Reporting.Dashboard?.Where.EndPoints ?? []),
        ];
        foreach ((int index, (string option, IReadOnlyList<EndPoint> where)) in all.Index().Skip(Services.Count))
        {
            foreach ((string other, IReadOnlyList<EndPoint> others) in all.Take(index))
            {
                if (where.OfType<IPEndPoint>().FirstOrDefault(one => others.Any(two => Overlap(one, two))) is { } both)
                    throw new UsageException($"{option}: {other} is {both.Port}, too; choose another for one of them");
            }
        }
    }

    private static bool Overlap(IPEndPoint one, EndPoint other) =>
        other is IPEndPoint two && one.Port == two.Port && one.Port != 0
        && (one.Address.Equals(two.Address) || Covers(one.Address, two) || Covers(two.Address, one));

    /// <summary>The any address of IPv6 takes connections over IPv4, too.</summary>
    private static bool Covers(IPAddress any, IPEndPoint other) =>
        any.Equals(IPAddress.IPv6Any) || (any.Equals(IPAddress.Any) && other.AddressFamily == any.AddressFamily);

    private void AddSeveral(ServeConfiguration configuration, ParseResult parsed, IReadOnlyList<string> words)
    {
        Command verb = parsed.CommandResult.Command;
        CompletedLine shared = configuration.CompleteShared(words, parsed);
        string[] names = [.. configuration.Services ?? verb.Subcommands.Select(command => command.Name)];
        bool isUnix = shared.Describe().Any(value => value.Name == "host" && ServerAddress.IsUnix(value.Value));
        if (isUnix && names.Length > 1)
            shared.Guard<bool>(() => throw new UsageException("--host: a unix: address holds one service; name it"));
        int? next = shared.Parsed.GetValue(ServeOptions.PortBase);
        string origin = shared.OriginOf(ServeOptions.PortBase);
        foreach (string name in names)
        {
            ServiceCommand service = verb.Subcommands.OfType<ServiceCommand>().Single(service => service.Name == name);
            string[] own = [verb.Name, name];
            Add(service, configuration.CompleteOne(
                own, parsed.RootCommandResult.Command.Parse(own, parsed.Configuration), parsed, names.Length == 1,
                service.Presets(next, origin)));
            next = next is > 0 ? next + 1 : next;
        }
    }

    private void Add(ServiceCommand service, CompletedLine line) =>
        _services.Add((line.Guard(() => UsageException.Guard(() =>
        {
            ServiceRun run = service.Read(line.Parsed);
            run.Service.Check(run.Settings);
            if (run.Settings.Find(UploadService.Ledger) is not null)
                CheckStore(run.Settings);
            return run;
        })), line));

    // In a method of its own: only servers with a shared store load Hawser.Cluster.
    private static void CheckStore(ServiceSettings settings) =>
        ClusterStore.CheckAddresses(settings.Get(UploadService.Ledger), settings.Get(UploadService.Sink));
}
