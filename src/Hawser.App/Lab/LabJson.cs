using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>The results' JSON, generated at compile time so that it survives ahead-of-time compilation.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LabResult))]
internal sealed partial class LabJson : JsonSerializerContext;
