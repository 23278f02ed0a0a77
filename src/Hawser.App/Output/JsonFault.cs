using System.Text.Json;

namespace Hawser.App.Output;

/// <summary>The message of a JSON parser, for people.</summary>
internal static class JsonFault
{
    /// <summary>The line and what is wrong there: <c>line 3: 'x' is an invalid start of a value</c>.</summary>
    public static string Describe(JsonException fault) =>
        // The message ends with its own form of the position.
        $"line {(fault.LineNumber ?? 0) + 1}: {fault.Message.Split([" LineNumber:", " Path:"], StringSplitOptions.None)[0]}";
}
