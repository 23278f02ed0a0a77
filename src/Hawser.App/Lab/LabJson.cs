using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hawser.App.Lab;

/// <summary>The results' JSON, generated at compile time so that it survives ahead-of-time compilation.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LabResult))]
internal sealed partial class LabJson : JsonSerializerContext
{
    /// <summary>The results in one line, with its end.</summary>
    public static string LineOf(LabResult result)
    {
        var compact = new LabJson(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
        return JsonSerializer.Serialize(result, compact.LabResult) + "\n";
    }
}
