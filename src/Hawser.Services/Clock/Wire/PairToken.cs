using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hawser.Services.Clock.Wire;

/// <summary>The token with which two members of a session authenticate each other: the HMAC-SHA-256 (RFC 2104) of the
/// caller's id under the callee's key. The callee computes it, the caller has it from the server, and nobody else knows
/// it.</summary>
/// <param name="Call">The first half, sent by the caller.</param>
/// <param name="Answer">The second half, expected as the answer.</param>
internal readonly record struct PairToken(ClockToken Call, ClockToken Answer)
{
    public const int Size = 2 * ClockToken.Size;

    /// <summary>The token of a pair, from the callee's key and the caller's id.</summary>
    public static PairToken Of(ClockToken key, uint caller)
    {
        Span<byte> secret = stackalloc byte[ClockToken.Size];
        Span<byte> id = stackalloc byte[sizeof(uint)];
        Span<byte> token = stackalloc byte[Size];
        key.CopyTo(secret);
        BinaryPrimitives.WriteUInt32BigEndian(id, caller);
        HMACSHA256.HashData(secret, id, token);
        return Read(token);
    }

    public static PairToken Read(ReadOnlySpan<byte> source) =>
        new(ClockToken.Read(source), ClockToken.Read(source[ClockToken.Size..]));

    public void CopyTo(Span<byte> destination)
    {
        Call.CopyTo(destination);
        Answer.CopyTo(destination[ClockToken.Size..]);
    }
}
