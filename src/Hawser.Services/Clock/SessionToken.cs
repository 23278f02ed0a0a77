using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hawser.Services.Clock;

/// <summary>
/// The random word of one session, handed out with its roster; a peer that does not know it is given no byte. It keeps
/// strangers out, not one who reads the wire: the frames are not encrypted.
/// </summary>
internal readonly struct SessionToken : IEquatable<SessionToken>
{
    public const int Size = 16;

    private readonly UInt128 _value;

    private SessionToken(UInt128 value) => _value = value;

    public static SessionToken Create()
    {
        Span<byte> random = stackalloc byte[Size];
        RandomNumberGenerator.Fill(random);
        return Read(random);
    }

    public static SessionToken Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt128BigEndian(source));

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>Compares in constant time, so that an answer's delay tells nothing about the token.</summary>
    public bool Equals(SessionToken other)
    {
        Span<byte> mine = stackalloc byte[Size];
        Span<byte> theirs = stackalloc byte[Size];
        CopyTo(mine);
        other.CopyTo(theirs);
        return CryptographicOperations.FixedTimeEquals(mine, theirs);
    }

    public override bool Equals(object? obj) => obj is SessionToken other && Equals(other);

    public override int GetHashCode() => _value.GetHashCode();
}
