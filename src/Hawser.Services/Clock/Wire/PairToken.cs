using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hawser.Services.Clock.Wire;

/// <summary>
/// What two members of a session prove themselves to each other with. It is HMAC-SHA-256 (RFC 2104) of the caller's
/// id under the key of the member that is called; so that member computes it, the caller has it from the server, and
/// nobody else knows it.
/// </summary>
/// <param name="Call">What the caller says: the first half.</param>
/// <param name="Answer">What it must hear: the second half.</param>
internal readonly record struct PairToken(ClockToken Call, ClockToken Answer)
{
    public const int Size = 2 * ClockToken.Size;

    /// <summary>The token of a pair, from the key of who is called and the id of who calls.</summary>
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
