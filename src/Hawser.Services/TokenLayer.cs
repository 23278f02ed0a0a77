using Hawser.Transports;

namespace Hawser.Services;

/// <summary>A shared secret that the client proves before the conversation: a layer above TLS, for clients without
/// certificates. The secret itself is never sent.</summary>
/// <remarks>
/// The server sends a challenge, the client answers, and the server sends its verdict, a line each:
/// <code>
/// "token" SP nonce LF                 32 hexadecimal digits
/// "token" SP proof LF                 HMAC-SHA-256(secret, nonce's digits), 64 hexadecimal digits
/// "OK" LF | "ERROR" SP reason LF
/// </code>
/// After an ERROR the server resets the connection, so that no client takes its end for a confirmation. The comparison
/// takes the same time for every proof.
/// </remarks>
internal static class TokenLayer
{
    private const int LongestLine = 512;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // A server that asks sends its challenge at once.
    private static readonly TimeSpan ChallengeLimit = TimeSpan.FromSeconds(5);

    private static readonly byte[] Verb = "token "u8.ToArray();
    private static readonly byte[] Accepted = "OK\n"u8.ToArray();
    private static readonly byte[] Wrong = "ERROR wrong token\n"u8.ToArray();
    private static readonly byte[] Required = "ERROR token required; use --token-file\n"u8.ToArray();

    /// <summary>The server's side.</summary>
    /// <param name="secret">The secret in force, asked for each connection.</param>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Server(Func<byte[]> secret) =>
        async (inner, cancel) =>
        {
            var connection = new Connection(inner);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Limit);
            string refusal = "no token";
            try
            {
                byte[] nonce = TokenProof.NewNonce();
                await connection.WriteAsync((byte[])[.. Verb, .. nonce, (byte)'\n'], limit.Token);
                ReadOnlyMemory<byte>? line = await connection.TryReadLineAsync(LongestLine, limit.Token);
                if (line is { } shown && shown.Span.StartsWith(Verb))
                {
                    bool isRight = TokenProof.IsRight(shown.Span[Verb.Length..], secret(), nonce, default);
                    // The client waits for the verdict, so nothing follows.
                    if (isRight && connection.Buffered.IsEmpty)
                    {
                        await connection.WriteAsync(Accepted, limit.Token);
                        return new AdmittedTransport(inner);
                    }
                    refusal = "wrong token";
                    await connection.WriteAsync(Wrong, limit.Token);
                }
                else
                {
                    await connection.WriteAsync(Required, limit.Token);
                }
            }
            catch (ProtocolException)
            {
                // Too long or truncated: no line of this protocol.
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // Nothing came, or the verdict was not read.
            }
            connection.Abort();
            throw new ProtocolException(refusal);
        };

    /// <summary>The client's side. Throws <see cref="ConnectException"/> if the server refuses the proof, or does not
    /// ask for one.</summary>
    public static Func<Transport, CancellationToken, ValueTask<Transport>> Client(byte[] secret) =>
        async (inner, cancel) =>
        {
            var connection = new Connection(inner);
            byte[] challenge = await ReadChallengeAsync(connection, cancel);
            if (challenge.Length != Verb.Length + TokenProof.NonceLength + 1 || !challenge.AsSpan().StartsWith(Verb))
                throw Refused("the server does not ask for a token; start it with --token-file");
            byte[] proof = TokenProof.Of(secret, challenge.AsSpan()[Verb.Length..^1], default);
            await connection.WriteAsync((byte[])[.. Verb, .. proof, (byte)'\n'], cancel);
            byte[] verdict = await ReadLineAsync(connection, cancel);
            if (verdict.AsSpan().SequenceEqual(Accepted))
                return new AdmittedTransport(inner);
            throw Refused(verdict.AsSpan().SequenceEqual(Wrong)
                ? "the server refused it: wrong token"
                : "the server ended the connection instead of accepting it");
        };

    private static async Task<byte[]> ReadChallengeAsync(Connection connection, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ChallengeLimit);
        try
        {
            return await ReadLineAsync(connection, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return [];
        }
    }

    /// <summary>Reads a line with its LF byte by byte, because what follows belongs to the service.</summary>
    private static async Task<byte[]> ReadLineAsync(Connection connection, CancellationToken cancel)
    {
        var line = new List<byte>();
        byte[] next = new byte[1];
        while (line.Count < LongestLine && await connection.ReadAsync(next, cancel) > 0)
        {
            line.Add(next[0]);
            if (next[0] == '\n')
                break;
        }
        return [.. line];
    }

    private static ConnectException Refused(string why) => new($"--token-file: {why}", new ProtocolException(why));

    /// <summary>Counts the bytes of the conversation, without the token.</summary>
    private sealed class AdmittedTransport(Transport inner) : LayeredTransport(inner);
}
