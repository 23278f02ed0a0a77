using System.Text.Json;

namespace Hawser.App.Output;

/// <summary>The message of a JSON parser, for people.</summary>
internal static class JsonFault
{
    /// <summary>The line and what is wrong there: <c>line 3: 'x' is an invalid start of a value</c>.</summary>
    public static string Describe(JsonException fault) =>
        $"line {(fault.LineNumber ?? 0) + 1}: {Reason(fault.Message)}";

    private static string Reason(string message)
    {
        if (message.StartsWith("The input does not contain any JSON", StringComparison.Ordinal))
            return "no JSON value";
        if (message.StartsWith("Expected depth to be zero", StringComparison.Ordinal))
            return "the last bracket is missing";
        // The message ends with its own form of the position.
        return message.Split([" LineNumber:", " Path:"], StringSplitOptions.None)[0];
    }
}
