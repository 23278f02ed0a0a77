using System.Text.Json.Serialization;

namespace Hawser.Services.Clock.Statistics;

/// <summary>The report's JSON, generated at compile time so that it survives ahead-of-time compilation.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClockReport))]
internal sealed partial class ClockJson : JsonSerializerContext;
