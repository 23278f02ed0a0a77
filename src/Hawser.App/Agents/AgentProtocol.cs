using System.Text;
using System.Text.Json;
using Hawser.App.Output;
using Hawser.Services;
using Hawser.Services.Text;

namespace Hawser.App.Agents;

/// <summary>The protocol between a program that needs a load and an agent: lines of UTF-8.</summary>
/// <remarks>
/// <code>
/// agent:  "hawser-agent 3" SP nonce LF                32 hex digits, new for each connection
/// client: "load" SP proof SP request LF               JSON, at most 65,536 bytes in all
/// agent:  view LF ... report LF                       as of `hawser load --json-stream`
///         | "ERROR" SP reason LF
/// client: LF ...                                      a heartbeat a second, until it half-closes
/// </code>
/// The proof is 64 hex digits: HMAC-SHA256 of nonce and request, with the token as the key. An agent without a token
/// uses the empty key. The token itself never travels, and a recorded request is of no use for another connection. A
/// client that half-closes stops the load: the report covers what was measured. A side that hears nothing for
/// <see cref="LongestSilence"/> takes the other for lost.
/// </remarks>
internal static class AgentProtocol
{
    /// <summary>The longest line of a client, with its line feed: the longest names of all servers fit.</summary>
    public const int LongestRequest = 64 * 1024;

    /// <summary>The longest line of an agent, with its line feed: a report has the buckets of its histograms.</summary>
    public const int LongestAnswer = 1024 * 1024;

    /// <summary>What a client sends each <see cref="HeartbeatInterval"/> while it waits for the report.</summary>
    public const byte Heartbeat = (byte)'\n';

    /// <summary>The time between two lines of either side: heartbeats of a client, views of an agent.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long one side waits for a line of the other.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    private static ReadOnlySpan<byte> Name => "hawser-agent "u8;

    private static ReadOnlySpan<byte> Hello => "hawser-agent 3 "u8;

    private static ReadOnlySpan<byte> Load => "load "u8;

    private const string Refusal = "ERROR ";

    /// <summary>The first line of an agent.</summary>
    public static byte[] Greeting(byte[] nonce) => [.. Hello, .. nonce, (byte)'\n'];

    /// <summary>The nonce of a greeting.</summary>
    /// <exception cref="ProtocolException">It is not the greeting of an agent.</exception>
    public static byte[] NonceOf(ReadOnlySpan<byte> line) =>
        line.StartsWith(Hello) && line.Length == Hello.Length + TokenProof.NonceLength
            ? line[Hello.Length..].ToArray()
            : throw new ProtocolException(line.StartsWith(Name)
                ? "an agent of another version; run the same hawser there" : "not a hawser agent");

    /// <summary>The line of a client.</summary>
    public static byte[] WriteRequest(AgentRequest request, byte[] nonce, byte[] token)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, AgentJson.Default.AgentRequest);
        return [.. Load, .. TokenProof.Of(token, nonce, json), (byte)' ', .. json, (byte)'\n'];
    }

    /// <summary>Reads the line of a client.</summary>
    /// <exception cref="ProtocolException">The line is malformed, or the proof is wrong.</exception>
    public static AgentRequest ParseRequest(ReadOnlySpan<byte> line, byte[] nonce, byte[] token)
    {
        int start = Load.Length + TokenProof.Length + 1;
        if (line.Length < start || !line.StartsWith(Load) || line[start - 1] != ' ')
            throw new ProtocolException("expected 'load PROOF REQUEST'");
        if (!TokenProof.IsRight(line[Load.Length..(start - 1)], token, nonce, line[start..]))
            throw new ProtocolException("wrong token");
        try
        {
            return JsonSerializer.Deserialize(line[start..], AgentJson.Default.AgentRequest)
                ?? throw new ProtocolException("the request is null");
        }
        catch (JsonException e)
        {
            throw new ProtocolException($"the request is malformed: {JsonFault.Describe(e)}");
        }
    }

    /// <summary>The line of an agent that does not load.</summary>
    public static byte[] WriteRefusal(string reason) =>
        Encoding.UTF8.GetBytes($"{Refusal}{Printable.Line(reason)}\n");

    /// <summary>The reason, if the line is a refusal; otherwise null.</summary>
    public static string? TryParseRefusal(string line) =>
        line.StartsWith(Refusal, StringComparison.Ordinal) ? line[Refusal.Length..] : null;
}
