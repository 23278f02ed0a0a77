using System.Globalization;
using System.Net;
using Hawser.App.Agents;
using Hawser.App.CommandLine;
using Hawser.App.Lab.Processes;
using Hawser.Models;
using Hawser.Services.Ping.Load;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary>What a lab measures.</summary>
internal sealed record LabOptions
{
    /// <summary>The options that a scenario may set, with their defaults.</summary>
    public static readonly IReadOnlyDictionary<string, string> Defaults = new Dictionary<string, string>
    {
        ["models"] = "all",
        ["clients"] = "1,50,500",
        ["work"] = "0",
        ["slow-client"] = "none",
        ["idle"] = "0",
        ["rate"] = "none",
        ["pipeline"] = "1",
        ["churn"] = "no",
        ["burst"] = "no",
        ["backlog"] = "auto",
        ["together"] = "no",
        ["floor"] = "yes",
        ["rounds"] = "9",
        ["until-width"] = "none",
        ["time-limit"] = "1h",
        ["duration"] = "3s",
        ["warm-up"] = "1s",
        ["spoiled-at"] = "5%",
    };

    private static readonly string[] OfLoads =
    [
        "models", "clients", "work", "slow-client", "idle", "rate", "pipeline", "churn", "burst", "backlog",
        "together", "floor",
        "duration", "warm-up",
    ];

    /// <summary>The other servers of a scenario: a list, unlike the options above.</summary>
    public const string Against = "against";

    private const int MostClients = 1_000_000;
    private const int MostBacklog = 65_535;

    /// <summary>The subjects to compare.</summary>
    public required IReadOnlyList<LabSubject> Subjects { get; init; }

    /// <summary>The settings to compare them under.</summary>
    public required IReadOnlyList<LabSetting> Settings { get; init; }

    /// <summary>How often each variant is measured, or how often at least with <see cref="UntilWidth"/>.</summary>
    public int Rounds { get; init; } = 9;

    /// <summary>Adds rounds until every interval of the main metric is narrower than this share; null for a fixed
    /// number of rounds.</summary>
    public double? UntilWidth { get; init; }

    /// <summary>With <see cref="UntilWidth"/>, begins no round that would end later.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share of the machine's CPU time that others may take before a measurement is spoiled; null if all count
    /// as good.</summary>
    public double? SpoiledAt { get; init; }

    /// <summary>Duration of one measurement.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Load before each measurement that is not measured.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The floor is measured with the subjects.</summary>
    public bool HasFloor { get; init; }

    /// <summary>Seeds the order of the variants.</summary>
    public int Seed { get; init; }

    /// <summary>Commands to time; then there are neither subjects nor settings.</summary>
    public LabTasks Tasks { get; init; } = LabTasks.None;

    /// <summary>The scratch folder of the tasks.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Puts the load on the servers from agents; null for a process of this machine.</summary>
    public AgentLoad? Agents { get; init; }

    /// <summary>Where our own servers listen: agents on other machines need an address that they reach.</summary>
    public IPAddress ServerHost { get; init; } = IPAddress.Loopback;

    /// <summary>What is left out of the scenario, and why, a sentence each.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What the scenario should reach.</summary>
    public IReadOnlyList<LabGoal> Goals { get; init; } = [];

    /// <summary>The options as on a command line.</summary>
    public required string Command { get; init; }

    /// <summary>Parses the options.</summary>
    /// <param name="texts">All of <see cref="Defaults"/>, by name.</param>
    /// <param name="against">Other servers, as <see cref="LabSubject.Parse"/> reads them.</param>
    /// <param name="seed">Of the order.</param>
    /// <param name="scenario">Where preset options come from; null for none.</param>
    /// <param name="preset">The options that it sets.</param>
    /// <param name="tasks">Its tasks; null for none.</param>
    /// <exception cref="FormatException">A text is not what it should be; the message names the option and says what
    /// would be.</exception>
    public static LabOptions Parse(
        IReadOnlyDictionary<string, string> texts, IReadOnlyList<string> against, int seed, string? scenario = null,
        IReadOnlyDictionary<string, string>? preset = null, LabTasks? tasks = null)
    {
        bool isLoad = tasks is not { All.Count: > 0 };
        if (!isLoad)
            RequireDefaults(texts, against);
        var options = new LabOptions
        {
            Subjects = isLoad ? [.. Read(texts, "models", ParseModels), .. against.Select(ParseAgainst)] : [],
            Settings = isLoad ? ParseSettings(texts) : [],
            Tasks = tasks ?? LabTasks.None,
            Rounds = Read(texts, "rounds", text => Quantity.ParseInt(text, "number of rounds", 1, 10_000)),
            UntilWidth = Read(texts, "until-width", ParseShare),
            TimeLimit = Read(texts, "time-limit", ParseDuration),
            SpoiledAt = Read(texts, "spoiled-at", ParseShare),
            Duration = Read(texts, "duration", ParseDuration),
            WarmUp = Read(texts, "warm-up", Quantity.ParseDuration),
            HasFloor = Read(texts, "floor", ParseYes) && isLoad,
            Seed = seed,
            Command = CommandOf(texts, against, seed, scenario, preset),
        };
        if (options.UntilWidth is null && texts["time-limit"] != Defaults["time-limit"])
            throw new FormatException("--time-limit: applies with --until-width only");
        if (options.HasFloor && options.Subjects.Any(subject => subject.Name == LabFloor.Name))
            throw new FormatException($"'{LabFloor.Name}' is the name of the floor; use another, or --floor no");
        if (options.Subjects.GroupBy(subject => subject.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new FormatException($"'{twice.Key}' is named twice");
        if (LabPlan.Variants(options).Count == 0)
        {
            throw new FormatException(options.Subjects.Any(subject => subject.Command is not null)
                ? "nothing to measure: --against takes no --work and no --slow-client; add --models"
                : "nothing to measure: use --models, --against or --scenario");
        }
        return options;
    }

    /// <summary>Leaves out the commands and tasks of the scenario whose programs are not installed.</summary>
    /// <exception cref="FormatException">None is left.</exception>
    public LabOptions Installed()
    {
        var leftOut = new List<string>();
        LabSubject[] subjects =
        [
            .. Subjects.Where(subject => subject.Command is null
                || OwnProgram.FindInstalled(subject.CommandAt(0)[0]) is not null
                || !Note(subject.Name, subject.CommandAt(0)[0])),
        ];
        LabTasks tasks = Tasks.Installed((subject, program) => Note(subject, program));
        if (subjects.Length + tasks.All.Count == 0)
            throw new FormatException($"nothing to measure: {string.Join("; ", leftOut)}");
        return this with { Subjects = subjects, Tasks = tasks, LeftOut = [.. leftOut.Distinct()] };

        bool Note(string subject, string program)
        {
            leftOut.Add($"{subject} is left out: {program} is not installed");
            return true;
        }
    }

    private static void RequireDefaults(IReadOnlyDictionary<string, string> texts, IReadOnlyList<string> against)
    {
        if (OfLoads.FirstOrDefault(name => texts[name] != Defaults[name]) is { } changed)
            throw new FormatException($"--{changed}: does not apply to the tasks of a scenario");
        if (against.Count > 0)
            throw new FormatException($"--{Against}: does not apply to the tasks of a scenario");
    }

    private static T Read<T>(IReadOnlyDictionary<string, string> texts, string name, Func<string, T> parse)
    {
        try
        {
            return parse(texts[name]);
        }
        catch (FormatException e)
        {
            throw new FormatException($"--{name}: {e.Message}", e);
        }
    }

    private static LabSubject[] ParseModels(string text) => text switch
    {
        "all" => [.. ConcurrencyModels.All.Where(model => model.IsAvailable)
            .Select(model => new LabSubject(model.Name, model.Name, null))],
        "none" => [],
        _ => [.. Words(text).Select(name => new LabSubject(name, VerbOptions.ParseModel(name).Name, null))],
    };

    private static TimeSpan ParseDuration(string text) =>
        Quantity.ParseDuration(text) is var duration && duration > TimeSpan.Zero
            ? duration
            : throw new FormatException($"'{text}' is too short; use 500ms, 5s or 2m");

    private static double? ParseShare(string text)
    {
        if (text == "none")
            return null;
        string number = text.EndsWith('%') ? text[..^1] : "";
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
            && percent is > 0 and <= 100
            ? percent / 100
            : throw new FormatException($"'{text}' is not a share above 0 % and up to 100 %; use 5%, or none");
    }

    private static LabSubject ParseAgainst(string text)
    {
        try
        {
            return LabSubject.Parse(text);
        }
        catch (FormatException e)
        {
            throw new FormatException($"--against: {e.Message}", e);
        }
    }

    private static LabSetting[] ParseSettings(IReadOnlyDictionary<string, string> texts)
    {
        double? rate = Read<double?>(texts, "rate", text => text == "none" ? null : Quantity.ParseRate(text));
        int[] idles = Read(texts, "idle", text => ParseCounts(text, "number of connections", 0));
        TimeSpan[] works = Read(texts, "work", text => Words(text).Select(Quantity.ParseDuration).ToArray());
        int[] clientCounts = Read(texts, "clients", text => ParseCounts(text, "number of clients", 1));
        int[] pipelines = Read(texts, "pipeline", text =>
            ParseCounts(text, "number of pings", 1, PingLoadOptions.LongestPipeline));
        bool[] churns = Read(texts, "churn", text => Words(text).Select(ParseYes).ToArray());
        if (churns.Contains(true) && (rate is not null || pipelines.Any(pipeline => pipeline > 1)))
            throw new FormatException("--churn: does not apply beside --rate and --pipeline");
        bool isBurst = Read(texts, "burst", ParseYes);
        if (isBurst && churns.Contains(true))
            throw new FormatException("--burst: does not apply beside --churn");
        bool isTogether = Read(texts, "together", ParseYes);
        if (isTogether && isBurst)
            throw new FormatException("--together: does not apply beside --burst");
        int? backlog = Read<int?>(texts, "backlog",
            text => text == "auto" ? null : Quantity.ParseInt(text, "backlog", 1, MostBacklog));
        return
        [
            .. from churn in churns
               from pipeline in pipelines
               from idle in idles
               from slow in Words(texts["slow-client"])
               from work in works
               from clients in clientCounts
               let slowClient = Read(texts, "slow-client", _ => ParseSlowClient(slow, clients))
               select new LabSetting(
                   clients, work.TotalMicroseconds, slowClient, idle, rate, pipeline, churn, isBurst, backlog, isTogether),
        ];
    }

    private static int[] ParseCounts(string text, string what, int least, int most = MostClients) =>
        [.. Words(text).Select(count => Quantity.ParseInt(count, what, least, most))];

    private static bool ParseYes(string text) => text switch
    {
        "yes" => true,
        "no" => false,
        _ => throw new FormatException($"'{text}' is neither yes nor no"),
    };

    private static string? ParseSlowClient(string text, int clients)
    {
        if (text == "none")
            return null;
        string[] parts = text.Split('=');
        if (parts.Length != 2)
            throw new FormatException($"'{text}' is not ID=DURATION; use 1=20ms, or none");
        Quantity.ParseInt(parts[0], "client's number", 0, clients - 1);
        Quantity.ParseDuration(parts[1]);
        return text;
    }

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    // Only what differs from the scenario, or else from the defaults.
    private static string CommandOf(
        IReadOnlyDictionary<string, string> texts, IReadOnlyList<string> against, int seed, string? scenario,
        IReadOnlyDictionary<string, string>? preset)
    {
        IEnumerable<string> given = Defaults.Keys
            .Where(name => texts[name] != (preset?.GetValueOrDefault(name) ?? Defaults[name]))
            .Select(name => $"--{name} {texts[name]}");
        IEnumerable<string> others = string.Join('\n', against) == (preset?.GetValueOrDefault(Against) ?? "")
            ? []
            : against.Select(text => $"--{Against} {ShellWords.Quote(text)}");
        return string.Join(' ', [.. scenario is null ? [] : (string[])[$"--scenario {ShellWords.Quote(scenario)}"], .. given, .. others,
            $"--seed {seed}"]);
    }
}
