using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hawser.App.Status;

/// <summary>The protocol of the status socket: requests and answers are lines, each one JSON object. docs/protocols.md,
/// "Status", describes the members.</summary>
internal static class StatusProtocol
{
    public const int Version = 1;

    /// <summary>The longest request in bytes, its line feed included.</summary>
    public const int LongestRequest = 4 * 1024;

    /// <summary>The longest line of an answer in bytes, its line feed included.</summary>
    public const int LongestAnswer = 64 * 1024;

    /// <summary>The most lines of an answer.</summary>
    public const int MostAnswers = 1_000_000;

    /// <summary>The longest text that a peer adds to an answer, in characters.</summary>
    public const int LongestPeerText = 256;

    /// <summary>The orders of connections: by number, or the largest first.</summary>
    public static readonly IReadOnlyList<string> Orders = ["id", "idle", "received", "sent", "bytes"];

    /// <exception cref="FormatException">The text is none of <see cref="Orders"/>.</exception>
    public static string ParseOrder(string text) => Orders.Contains(text)
        ? text
        : throw new FormatException($"'{text}' is not an order; use one of {string.Join(", ", Orders)}");

    /// <summary>Sorts connections.</summary>
    /// <param name="connections">In any order.</param>
    /// <param name="order">One of <see cref="Orders"/>.</param>
    public static IEnumerable<ConnectionSnapshot> Sort(IEnumerable<ConnectionSnapshot> connections, string order)
    {
        IOrderedEnumerable<ConnectionSnapshot> byId = connections.OrderBy(connection => connection.Id);
        return order switch
        {
            "id" => byId,
            "idle" => byId.OrderByDescending(connection => connection.Idle),
            "received" => byId.OrderByDescending(connection => connection.BytesReceived),
            "sent" => byId.OrderByDescending(connection => connection.BytesSent),
            "bytes" => byId.OrderByDescending(connection => connection.BytesReceived + connection.BytesSent),
            _ => throw new ArgumentOutOfRangeException(nameof(order), order, null),
        };
    }

    /// <summary>Writes a request as a line.</summary>
    public static void Write(IBufferWriter<byte> output, StatusRequest request) =>
        Write(output, request, StatusJson.Default.StatusRequest);

    /// <summary>Writes a line of an answer.</summary>
    public static void Write(IBufferWriter<byte> output, StatusAnswer answer) =>
        Write(output, answer, StatusJson.Default.StatusAnswer);

    /// <exception cref="ProtocolException">It is not a request.</exception>
    public static StatusRequest ParseRequest(ReadOnlySpan<byte> line) =>
        Parse(line, StatusJson.Default.StatusRequest, "a request");

    /// <exception cref="ProtocolException">It is not a line of an answer.</exception>
    public static StatusAnswer ParseAnswer(ReadOnlySpan<byte> line)
    {
        StatusAnswer answer = Parse(line, StatusJson.Default.StatusAnswer, AnswerName);
        // The serializer does not check the elements of lists.
        return answer is ServerStatus server && (server.Listeners.Contains(null!) || server.Limits.Contains(null!))
            ? throw new ProtocolException($"not {AnswerName}: null in a list")
            : answer;
    }

    private const string AnswerName = "an answer of hawser serve";

    private static void Write<T>(IBufferWriter<byte> output, T line, JsonTypeInfo<T> type)
    {
        using (var json = new Utf8JsonWriter(output))
            JsonSerializer.Serialize(json, line, type);
        output.Write("\n"u8);
    }

    private static T Parse<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type, string what) where T : class
    {
        string where = "";
        try
        {
            if (JsonSerializer.Deserialize(line, type) is { } parsed)
                return parsed;
        }
        catch (JsonException e)
        {
            where = $" at byte {e.BytePositionInLine}"
                + (e.Path is { Length: > 2 } path ? $", member '{path[2..]}'" : "");
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            // No discriminator, or an escape that is no character.
        }
        throw new ProtocolException($"not {what}{where}");
    }
}
