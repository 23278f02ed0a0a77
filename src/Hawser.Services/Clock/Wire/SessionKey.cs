using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Hawser.Services.Clock.Wire;

/// <summary>The key of a session: the SHA-256 of a name or secret, or zero for sessions open to anyone. Clients with
/// different keys never share a session.</summary>
internal readonly record struct SessionKey
{
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>The length limit of a name or secret, in bytes.</summary>
    public const int LongestName = 4096;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private SessionKey(UInt128 high, UInt128 low) => (_high, _low) = (high, low);

    /// <summary>The key of a name; null gives the open one.</summary>
    public static SessionKey Of(string? name) => name is null
        ? default
        : Read(SHA256.HashData(Encoding.UTF8.GetBytes($"hawser clock session\n{name}")));

    public static SessionKey Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt128BigEndian(source), BinaryPrimitives.ReadUInt128BigEndian(source[16..]));

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }
}
