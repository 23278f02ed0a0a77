using System.Text.Json.Serialization;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The report's JSON, generated at compile time so that it survives ahead-of-time compilation.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClockReport))]
internal sealed partial class ClockJson : JsonSerializerContext;
