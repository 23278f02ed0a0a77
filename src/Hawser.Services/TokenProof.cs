using System.Security.Cryptography;
using System.Text;

namespace Hawser.Services;

/// <summary>Proves knowledge of a shared secret without sending it: HMAC-SHA-256 over the verifier's nonce.</summary>
/// <remarks>Nonce and proof are lower-case hexadecimal digits in ASCII, as they travel.</remarks>
internal static class TokenProof
{
    /// <summary>The length of a nonce in digits.</summary>
    public const int NonceLength = 32;

    /// <summary>The length of a proof in digits.</summary>
    public const int Length = 2 * HMACSHA256.HashSizeInBytes;

    /// <summary>A nonce for one connection.</summary>
    public static byte[] NewNonce() => Hex(RandomNumberGenerator.GetBytes(NonceLength / 2));

    /// <summary>The proof for a nonce and what is sent with it.</summary>
    public static byte[] Of(byte[] secret, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> content) =>
        Hex(HMACSHA256.HashData(secret, (byte[])[.. nonce, .. content]));

    /// <summary>Whether the proof is right. Takes the same time for every proof of the right length.</summary>
    public static bool IsRight(
        ReadOnlySpan<byte> proof, byte[] secret, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> content) =>
        CryptographicOperations.FixedTimeEquals(proof, Of(secret, nonce, content));

    private static byte[] Hex(byte[] bytes) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes));
}
