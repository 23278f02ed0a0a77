using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hawser.Bench.Growth;

/// <summary>The content of growth.json: the cost of the models as load grows, and their behaviour at limits.</summary>
internal sealed record GrowthResult
{
    /// <summary>Its file name.</summary>
    public const string FileName = "growth.json";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The version of the schema.</summary>
    public string Schema { get; init; } = "hawser-growth/1";

    public required DateTimeOffset Taken { get; init; }

    /// <summary>The measured commit.</summary>
    public string Commit { get; init; } = "";

    /// <summary>Processor, cores, kernel, runtime and load at the start.</summary>
    public required string Host { get; init; }

    /// <summary>Command line of the lab.</summary>
    public required string Command { get; init; }

    /// <summary>Rounds of the lab.</summary>
    public required int Rounds { get; init; }

    public required double SecondsPerMeasurement { get; init; }

    /// <summary>The CPU pinning as text.</summary>
    public required string Pinned { get; init; }

    public required IReadOnlyList<GrowthPoint> Points { get; init; }

    public IReadOnlyList<LimitTrial> Limits { get; init; } = [];

    /// <summary>The models, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Models => [.. Points.Select(point => point.Model).Distinct()];

    /// <summary>The numbers of clients, ascending.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Clients => [.. Points.Select(point => point.Clients).Distinct().Order()];

    /// <summary>The results of one model with one number of clients.</summary>
    public GrowthPoint? At(string model, int clients) =>
        Points.FirstOrDefault(point => point.Model == model && point.Clients == clients);

    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    /// <summary>Reads a file written by <see cref="ToJson"/>.</summary>
    public static GrowthResult Read(string path) =>
        JsonSerializer.Deserialize<GrowthResult>(File.ReadAllBytes(path), Format)
        ?? throw new BenchException($"{path} is empty");

    /// <summary>Finds the newest file in a folder of results.</summary>
    /// <returns>Its path; null if there is none.</returns>
    public static string? FindNewest(string results) => Directory.GetDirectories(results)
        .Select(folder => Path.Combine(folder, FileName))
        .Where(File.Exists)
        .MaxBy(path => Read(path).Taken);
}
