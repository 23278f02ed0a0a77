using System.Security.Cryptography;
using System.Text;
using Hawser.Transports;

namespace Hawser.Services;

/// <summary>A shared secret that the client shows before the conversation: a layer above TLS, for clients without
/// certificates.</summary>
/// <remarks>
/// The client sends one line and waits; the server answers with one line:
/// <code>
/// "token" SP secret LF
/// "OK" LF | "ERROR" SP reason LF
/// </code>
/// After an ERROR the server resets the connection, so that no client takes its end for a confirmation. The comparison
/// takes the same time for every secret.
/// </remarks>
internal static class TokenLayer
{
    private const int LongestLine = 512;
    private const string Refusal = "wrong token";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly byte[] Verb = "token "u8.ToArray();
    private static readonly byte[] Accepted = "OK\n"u8.ToArray();
    private static readonly byte[] Refused = Encoding.ASCII.GetBytes($"ERROR {Refusal}\n");

    /// <summary>The server's side.</summary>
    /// <param name="secret">The secret in force, asked for each connection.</param>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Server(Func<byte[]> secret) =>
        async (inner, cancel) =>
        {
            var connection = new Connection(inner);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Limit);
            try
            {
                ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(LongestLine, limit.Token);
                // The client waits for the answer, so nothing follows.
                if (line is { } shown && connection.Buffered.IsEmpty && IsRight(shown.Span, secret()))
                {
                    await connection.WriteAsync(Accepted, limit.Token);
                    return new AdmittedTransport(inner);
                }
                await connection.WriteAsync(Refused, limit.Token);
            }
            catch (ProtocolException)
            {
                // Too long or truncated: no line of this protocol.
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // Nothing came, or the answer was not read.
            }
            connection.Abort();
            throw new ProtocolException(Refusal);
        };

    /// <summary>The client's side. Throws <see cref="ConnectException"/> if the server refuses the secret.</summary>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Client(byte[] secret) =>
        async (inner, cancel) =>
        {
            var connection = new Connection(inner);
            await connection.WriteAsync((byte[])[.. Verb, .. secret, (byte)'\n'], cancel);
            var answer = new List<byte>();
            byte[] next = new byte[1];
            // Byte by byte, because what follows belongs to the service.
            while (answer.Count < LongestLine && await connection.ReadAsync(next, cancel) > 0)
            {
                answer.Add(next[0]);
                if (next[0] == '\n')
                    break;
            }
            if (answer.SequenceEqual(Accepted))
                return new AdmittedTransport(inner);
            string why = answer.SequenceEqual(Refused) ? $"the server refused it: {Refusal}"
                : "the server does not ask for a token; start it with --token-file";
            throw new ConnectException($"--token-file: {why}", new ProtocolException(why));
        };

    private static bool IsRight(ReadOnlySpan<byte> line, byte[] secret) =>
        line.StartsWith(Verb) && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(line[Verb.Length..]), SHA256.HashData(secret));

    /// <summary>Counts the bytes of the conversation, without the token.</summary>
    private sealed class AdmittedTransport(Transport inner) : LayeredTransport(inner);
}
