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
[JsonSerializable(typeof(LabComparison))]
[JsonSerializable(typeof(IReadOnlyList<LabGoal>))]
[JsonSerializable(typeof(IReadOnlyList<LabTask>))]
internal sealed partial class LabJson : JsonSerializerContext
{
    /// <summary>For what is written by hand: a member that is not known is an error.</summary>
    public static LabJson Strict => field ??= new LabJson(new JsonSerializerOptions(Default.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    });

    /// <summary>For output: one line.</summary>
    public static LabJson Compact =>
        field ??= new LabJson(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
}
