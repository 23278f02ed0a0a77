using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hawser.Bench.Growth;

/// <summary>What models cost as work grows, and what becomes of them at their limits: growth.json.</summary>
internal sealed record GrowthResult
{
    /// <summary>Its name beside the page.</summary>
    public const string FileName = "growth.json";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The version of the JSON.</summary>
    public string Schema { get; init; } = "hawser-growth/1";

    public required DateTimeOffset Taken { get; init; }

    /// <summary>The commit that was measured.</summary>
    public string Commit { get; init; } = "";

    /// <summary>Processor, cores, kernel and runtime, and whether somebody else was at work.</summary>
    public required string Host { get; init; }

    /// <summary>Of the lab.</summary>
    public required string Command { get; init; }

    /// <summary>Rounds of the lab.</summary>
    public required int Rounds { get; init; }

    public required double SecondsPerMeasurement { get; init; }

    /// <summary>Which cores the server had, and which the load.</summary>
    public required string Pinned { get; init; }

    public required IReadOnlyList<GrowthPoint> Points { get; init; }

    public IReadOnlyList<LimitTrial> Limits { get; init; } = [];

    /// <summary>The models, in their order.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Models => [.. Points.Select(point => point.Model).Distinct()];

    /// <summary>The numbers of clients, rising.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Clients => [.. Points.Select(point => point.Clients).Distinct().Order()];

    /// <summary>One model under so many clients.</summary>
    public GrowthPoint? At(string model, int clients) =>
        Points.FirstOrDefault(point => point.Model == model && point.Clients == clients);

    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static GrowthResult Read(string path) =>
        JsonSerializer.Deserialize<GrowthResult>(File.ReadAllBytes(path), Format)
        ?? throw new BenchException($"{path} is empty");

    /// <summary>The newest below a folder of results; null when there is none.</summary>
    /// <returns>Its path.</returns>
    public static string? FindNewest(string results) => Directory.GetDirectories(results)
        .Select(folder => Path.Combine(folder, FileName))
        .Where(File.Exists)
        .MaxBy(path => Read(path).Taken);
}
