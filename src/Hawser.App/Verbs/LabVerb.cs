using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Hawser.App.Agents;
using Hawser.App.CommandLine;
using Hawser.App.Lab;
using Hawser.App.Lab.Conditions;
using Hawser.App.Lab.Display;
using Hawser.App.Lab.Exporters;
using Hawser.App.Lab.Processes;
using Hawser.App.Lab.Publishing;
using Hawser.App.Lab.Trials;
using Hawser.App.Output;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Verbs;

/// <summary><c>hawser lab</c>: one load, every model, side by side.</summary>
internal sealed class LabVerb
{
    // Their values are read together with those of a scenario, by LabOptions.
    private static readonly (string Name, string ValueName, string Help)[] Measured =
    [
        ("models", "LIST", "models, or all, or none"),
        ("clients", "LIST", "numbers of clients at once"),
        ("work", "LIST", "CPU time that each answer burns"),
        ("slow-client", "LIST", "ID=DURATION: answers to that client block their thread; or none"),
        ("idle", "LIST", "numbers of further connections that stay idle"),
        ("rate", "N", "pings per second on a fixed schedule, or none: each next ping after the pong"),
        ("pipeline", "LIST", "numbers of pings that a client sends at once"),
        ("churn", "LIST", "yes: a new connection for each ping; or no"),
        ("burst", "yes|no", "all clients connect at once, to a fresh server"),
        ("backlog", "N", "backlog of Hawser's own servers; auto: as many as there are connections"),
        ("together", "yes|no", "measure all servers at the same time: decides small differences of CPU time"),
        ("floor", "yes|no", "measure an echo server in C as well: what the load and the kernel cost"),
        ("rounds", "N", "how often everything is measured; with --until-width, at least"),
        ("until-width", "SHARE", "add rounds until every interval is narrower, like 5%; or none"),
        ("time-limit", "TIME", "with --until-width: begin no round that would end later"),
        ("duration", "TIME", "of each measurement"),
        ("warm-up", "TIME", "before each, under load and not measured"),
        ("spoiled-at", "SHARE", "repeat a measurement if others take more of the CPU time; or none"),
    ];

    private readonly Dictionary<string, Option<string>> _measured = Measured.ToDictionary(
        option => option.Name,
        option => VerbOptions.Text($"--{option.Name}", option.ValueName,
            $"{option.Help} [default: {LabOptions.Defaults[option.Name]}]"));

    private readonly Option<string[]> _against = new("--against")
    {
        Description = "HOST:PORT of a running server, or a command with {port} that starts one; a prefix names another "
            + $"protocol: {string.Join(", ", LoadWire.All.Skip(1).Select(wire => $"{wire}:"))}; may be repeated",
        HelpName = "NAME=SERVER",
    };

    private readonly Option<string> _scenario = VerbOptions.Text(
        "--scenario", "NAME|FILE", "preset options; the command line overrides them");

    private readonly Option<int?> _seed = VerbOptions.Value<int?>("--seed", "N", "seed for the order of the variants "
        + "[default: random]", text => Quantity.ParseInt(text, "seed", 0, int.MaxValue));

    private readonly Option<string> _out = VerbOptions.Text(
        "--out", "DIR", "where the results go [default: hawser-lab- and the time]");

    private readonly Option<bool> _publish = VerbOptions.Flag("--publish",
        "write to docs/results of this repository; needs a clean tree and a scenario");

    private readonly Option<string> _baseline = VerbOptions.Text(
        "--baseline", "DIR|FILE", "earlier results that the report compares with");

    private readonly AgentOptions _agents = new();

    private readonly Option<IPAddress> _serverHost = VerbOptions.Value("--server-host", "ADDRESS",
        "of this machine, where the measured servers listen and the agents connect", text =>
            IPAddress.TryParse(text, out IPAddress? address) ? address
                : throw new FormatException($"'{text}' is not an address; use 127.0.0.1 or 10.0.0.1"), "127.0.0.1");

    private readonly Option<bool> _json = VerbOptions.Flag("--json", "print the results as a line of JSON");

    public static Command Create()
    {
        var verb = new LabVerb();
        var command = new VerbCommand(
            "lab", "Measure every model under the same load, side by side, and say what differs.")
        {
            Examples =
            [
                "hawser lab --scenario exercise",
                "hawser lab --models select,epoll --clients 50 --rounds 9 --duration 5s --out results",
                "hawser lab --models epoll --against redis='resp:redis-server --port {port}'",
                "hawser lab --models select,epoll --clients 50 --until-width 5% --time-limit 30m",
                "hawser lab compare results-before results-after",
            ],
        };
        command.Add(LabCompareVerb.Create());
        verb._scenario.CompletionSources.Add([.. LabScenario.Names]);
        command.Add(LabPagesVerb.Create());
        command.AddGroup(
            VerbOptions.Common, verb._scenario, verb._out, verb._publish, verb._baseline, verb._json);
        command.AddGroup("What is measured", [.. Group(
            "models", "clients", "work", "slow-client", "idle", "rate", "pipeline", "churn", "burst", "backlog",
            "together", "floor"), verb._against]);
        command.AddGroup("How often and how long",
            [.. Group("rounds", "until-width", "time-limit", "duration", "warm-up", "spoiled-at"), verb._seed]);
        verb._agents.AddTo(command, verb._serverHost);
        command.SetAction((parsed, _) => verb.RunAsync(parsed));
        return command;

        IEnumerable<Option> Group(params string[] names) => names.Select(name => verb._measured[name]);
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        TimeSpan ownStart = DateTime.Now - Process.GetCurrentProcess().StartTime;
        LabOptions options = UsageException.Guard(() => ReadOptions(parsed));
        LabResultFile? baseline = ReadBaseline(parsed);
        bool isPublished = parsed.GetValue(_publish);
        var pinning = CpuPinning.Find();
        string folder = MakeFolder(isPublished ? FolderToPublish(parsed, options, pinning) : parsed.GetValue(_out));
        using LabFloor? floor = options.HasFloor ? LabFloor.Create("gcc", Warn) : null;
        if (floor is not null)
            options = options with { Subjects = [.. options.Subjects, floor.Subject] };
        var signal = new StopSignal();
        using TaskFolder? scratch = options.Tasks.All.Count == 0 ? null
            : await TaskFolder.CreateAsync(options.Tasks, signal.Token);
        options = options with { Folder = scratch?.Path ?? "" };
        var run = new LabRun(options, pinning, TimeProvider.System);
        var progress = new LabProgress(options, ownStart);
        Announce(run, progress, options, folder);
        await MeasureAsync(run, progress, folder, Save, signal.Token);
        var measured = new LabResultFile("", folder, run.Result);
        if (baseline is not null && LabComparison.WhyNot(baseline, measured) is { } why)
            Warn($"--baseline: {why}");
        return Print(measured.Result, parsed.GetValue(_json), signal.Token.IsCancellationRequested);

        void Save(LabResult result)
        {
            if (isPublished)
                LabPublication.Write(result, folder);
            else
                ExporterCatalog.Write(WithBaseline(result, baseline, folder), folder);
        }
    }

    private static void Warn(string warning) => Standard.Error.WriteLine($"WARNING: {warning}");

    private static void Announce(LabRun run, LabProgress progress, LabOptions options, string folder)
    {
        string least = options.UntilWidth is null ? "about" : "at least";
        Standard.Error.WriteLine($"{Quantity.FormatCount(progress.Total, "measurement")}, {least} "
            + $"{Quantity.FormatDuration(progress.Estimate)}, into {folder}");
        foreach (string warning in run.WarningsBefore)
            Warn(warning);
    }

    /// <summary>Measures and shows the progress: drawn on a terminal, elsewhere a line per measurement.</summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">Counts its measurements.</param>
    /// <param name="folder">Where the results are.</param>
    /// <param name="save">Called with the results after each measurement.</param>
    /// <param name="cancel">Ends the run; what was measured is kept.</param>
    private static async Task MeasureAsync(
        LabRun run, LabProgress progress, string folder, Action<LabResult> save, CancellationToken cancel)
    {
        bool isDrawn = !Console.IsErrorRedirected;
        long begin = Stopwatch.GetTimestamp();
        try
        {
            await (isDrawn ? LabLiveTable.RunAsync(run, progress, Keep, Elapsed, cancel) : run.RunAsync(Keep, cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Standard.Error.WriteLine(
                $"ERROR: stopped after {progress.Done} of {progress.Total} measurements; they are kept in {folder}");
        }

        TimeSpan Elapsed() => Stopwatch.GetElapsedTime(begin);

        void Keep(LabMeasurement taken)
        {
            progress.Add(taken, Elapsed());
            save(run.Result);
            if (!isDrawn)
                Standard.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{progress.Done}/{progress.Total}  {LabRun.TextOf(taken)}"));
        }
    }

    private static LabResult WithBaseline(LabResult result, LabResultFile? baseline, string folder)
    {
        var file = new LabResultFile("", folder, result);
        return baseline is null || LabComparison.WhyNot(baseline, file) is not null
            ? result
            : result with { Baseline = LabComparison.Of(baseline, file, control: null) };
    }

    private LabResultFile? ReadBaseline(ParseResult parsed)
    {
        if (parsed.GetValue(_baseline) is not { } path)
            return null;
        return LabResultFile.ReadAll(path) is [var only]
            ? only
            : throw new UsageException($"--baseline: {path} has results of several scenarios; give one of its folders");
    }

    private string FolderToPublish(ParseResult parsed, LabOptions options, CpuPinning pinning)
    {
        if (parsed.GetValue(_out) is not null)
            throw new UsageException("--out: does not apply with --publish");
        return LabPublication.FolderFor(SourceTree.Find(Environment.CurrentDirectory), LabMachine.Look(pinning),
            DateOnly.FromDateTime(TimeProvider.System.GetLocalNow().DateTime), parsed.GetValue(_scenario), options);
    }

    private LabOptions ReadOptions(ParseResult parsed)
    {
        var texts = new Dictionary<string, string>(LabOptions.Defaults);
        string? scenario = parsed.GetValue(_scenario);
        IReadOnlyDictionary<string, string>? preset = scenario is null ? null : LabScenario.Read(scenario);
        foreach ((string name, string text) in preset ?? new Dictionary<string, string>())
            texts[name] = text;
        foreach ((string name, Option<string> option) in _measured)
        {
            if (parsed.GetValue(option) is { } text)
                texts[name] = text;
        }
        string[] ofScenario = texts.GetValueOrDefault(LabOptions.Against)?.Split('\n') ?? [];
        string[] against = parsed.GetValue(_against) is { Length: > 0 } given ? given : ofScenario;
        int seed = parsed.GetValue(_seed) ?? Random.Shared.Next(1_000_000);
        LabTasks tasks = scenario is null ? LabTasks.None : LabScenario.ReadTasks(scenario);
        LabOptions options = LabOptions.Parse(texts, against, seed, scenario, preset, tasks) with
        {
            Goals = scenario is null ? [] : LabScenario.ReadGoals(scenario),
        };
        options = WithAgents(options, parsed);
        return ReferenceEquals(against, ofScenario) ? options.Installed() : options;
    }

    private LabOptions WithAgents(LabOptions options, ParseResult parsed)
    {
        AgentLoad? agents = _agents.Read(parsed, _serverHost);
        if (agents is not null && options.Tasks.All.Count > 0)
            throw new UsageException($"{_agents.Agents.Name}: does not apply to the tasks of a scenario");
        if (agents is not null && options.Settings.Any(setting => setting.Together))
            throw new UsageException($"{_agents.Agents.Name}: does not apply beside --together");
        string words = string.Concat(agents?.Agents.Select(agent => $" {_agents.Agents.Name} {agent.Name}") ?? [])
            + (parsed.Has(_serverHost) ? $" {_serverHost.Name} {parsed.GetValue(_serverHost)}" : "");
        return options with
        {
            Agents = agents,
            ServerHost = parsed.GetValue(_serverHost)!,
            Command = options.Command + words,
        };
    }

    private static string MakeFolder(string? given)
    {
        string folder = given
            ?? TimeProvider.System.GetLocalNow().ToString("'hawser-lab-'yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        if (ExporterCatalog.All.Any(exporter => File.Exists(Path.Combine(folder, exporter.FileName))))
            throw new UsageException($"{(given is null ? "" : "--out: ")}'{folder}' has results already; use another folder");
        for (string? part = Path.GetFullPath(folder); part is not null; part = Path.GetDirectoryName(part))
        {
            if (File.Exists(part))
                throw new IOException($"--out: {part} is a file, not a folder");
        }
        Directory.CreateDirectory(folder);
        return folder;
    }

    private static int Print(LabResult result, bool json, bool isInterrupted)
    {
        Standard.Out.Write(json
            ? JsonSerializer.Serialize(result, LabJson.Compact.LabResult) + "\n" : LabText.Of(result));
        int failed = result.Measurements.Count(measurement => measurement.Error is not null);
        if (failed > 0)
            Standard.Error.WriteLine(
                $"ERROR: {failed} of {result.Measurements.Count} measurements failed; see the warnings");
        int without = result.Summaries.Sum(summary => summary.WithoutAgents.Count);
        if (without > 0)
        {
            Standard.Error.WriteLine($"ERROR: agents were lost in {Quantity.FormatCount(without, "measurement")}, whose "
                + "figures are without their clients; see the warnings");
        }
        bool hasFigures = result.Measurements.Any(measurement => measurement.Figures is not null);
        return !hasFigures ? isInterrupted ? ExitCode.Interrupted : ExitCode.Failed
            : result.IsComplete && failed + without == 0 ? ExitCode.Done : ExitCode.PartlyDone;
    }
}
