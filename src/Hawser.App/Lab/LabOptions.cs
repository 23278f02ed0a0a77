using Hawser.App.Verbs;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.App.Lab;

/// <summary>What a lab is to measure.</summary>
internal sealed record LabOptions
{
    /// <summary>The options that a scenario may have, with what they are when nobody says.</summary>
    public static readonly IReadOnlyDictionary<string, string> Defaults = new Dictionary<string, string>
    {
        ["service"] = "ping",
        ["models"] = "all",
        ["clients"] = "1,50,500",
        ["work"] = "0",
        ["slow-client"] = "none",
        ["idle"] = "0",
        ["rate"] = "none",
        ["rounds"] = "5",
        ["duration"] = "3s",
        ["warm-up"] = "1s",
    };

    private const int MostClients = 1_000_000;

    /// <summary>What is compared.</summary>
    public required IReadOnlyList<LabSubject> Subjects { get; init; }

    /// <summary>What it is compared under.</summary>
    public required IReadOnlyList<LabSetting> Settings { get; init; }

    /// <summary>How often everything is measured.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long one measurement is.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Before each, under load and not measured.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Of the order of the variants.</summary>
    public int Seed { get; init; }

    /// <summary>What the lab was asked for.</summary>
    public required string Command { get; init; }

    /// <summary>Reads the options' texts.</summary>
    /// <param name="texts">All of <see cref="Defaults"/>, by name.</param>
    /// <param name="against">NAME=HOST:PORT of servers that run.</param>
    /// <param name="seed">Of the order.</param>
    /// <exception cref="FormatException">A text is not what it should be; the message says what would be.</exception>
    public static LabOptions Parse(IReadOnlyDictionary<string, string> texts, IReadOnlyList<string> against, int seed)
    {
        if (texts["service"] != "ping")
            throw new FormatException($"the lab cannot measure '{texts["service"]}'; use ping");
        var options = new LabOptions
        {
            Subjects = [.. ParseModels(texts["models"]), .. against.Select(ParseAgainst)],
            Settings = ParseSettings(texts),
            Rounds = Quantity.ParseInt(texts["rounds"], "number of rounds", 1, 10_000),
            Duration = Quantity.ParseDuration(texts["duration"]),
            WarmUp = Quantity.ParseDuration(texts["warm-up"]),
            Seed = seed,
            Command = CommandOf(texts, against, seed),
        };
        if (options.Duration <= TimeSpan.Zero)
            throw new FormatException("--duration must be longer than nothing");
        if (options.Subjects.GroupBy(subject => subject.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new FormatException($"'{twice.Key}' is named twice");
        if (LabPlan.Variants(options).Count == 0)
            throw new FormatException(
                "nothing to measure: --against takes no --work and no --slow-client; add --models");
        return options;
    }

    private static IEnumerable<LabSubject> ParseModels(string text) => text switch
    {
        "all" => ConcurrencyModels.All.Where(model => model.IsAvailable)
            .Select(model => new LabSubject(model.Name, model.Name, null)),
        "none" => [],
        _ => Words(text).Select(name => new LabSubject(name, ConcurrencyModels.Get(name).Name, null)),
    };

    private static LabSubject ParseAgainst(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        int colon = text.LastIndexOf(':');
        if (equals <= 0 || colon <= equals + 1)
            throw new FormatException($"'{text}' is not NAME=HOST:PORT; write it like redis=127.0.0.1:6379");
        VerbOptions.ParseTarget(text[(equals + 1)..colon], text[(colon + 1)..]);
        return new LabSubject(text[..equals], null, text[(equals + 1)..]);
    }

    private static LabSetting[] ParseSettings(IReadOnlyDictionary<string, string> texts)
    {
        double? rate = texts["rate"] == "none" ? null : Quantity.ParseRate(texts["rate"]);
        return
        [
            .. from idle in Words(texts["idle"])
                .Select(text => Quantity.ParseInt(text, "number of connections", 0, MostClients))
               from slow in Words(texts["slow-client"])
               from work in Words(texts["work"]).Select(Quantity.ParseDuration)
               from clients in Words(texts["clients"]).Select(text =>
                   Quantity.ParseInt(text, "number of clients", 1, MostClients))
               select new LabSetting(clients, work.TotalMicroseconds, ParseSlowClient(slow, clients), idle, rate),
        ];
    }

    private static string? ParseSlowClient(string text, int clients)
    {
        if (text == "none")
            return null;
        string[] parts = text.Split('=');
        if (parts.Length != 2)
            throw new FormatException($"'{text}' is not ID=DURATION; write it like 1=20ms, or none");
        Quantity.ParseInt(parts[0], "client's number", 0, clients - 1);
        Quantity.ParseDuration(parts[1]);
        return text;
    }

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    private static string CommandOf(IReadOnlyDictionary<string, string> texts, IReadOnlyList<string> against, int seed)
    {
        IEnumerable<string> given = Defaults.Where(option => texts[option.Key] != option.Value)
            .Select(option => $"--{option.Key} {texts[option.Key]}");
        return string.Join(' ', [.. given, .. against.Select(text => $"--against {text}"), $"--seed {seed}"]);
    }
}
