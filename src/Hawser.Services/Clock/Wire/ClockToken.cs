using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hawser.Services.Clock.Wire;

/// <summary>Sixteen secret bytes: a member's key, shared with the server only, or half of a <see cref="PairToken"/>.
/// They keep out strangers, but not an eavesdropper: the frames are not encrypted.</summary>
internal readonly struct ClockToken : IEquatable<ClockToken>
{
    public const int Size = 16;

    private readonly UInt128 _value;

    private ClockToken(UInt128 value) => _value = value;

    public static ClockToken Create()
    {
        Span<byte> random = stackalloc byte[Size];
        RandomNumberGenerator.Fill(random);
        return Read(random);
    }

    public static ClockToken Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt128BigEndian(source));

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>Compares in constant time, so that the delay of an answer reveals nothing about the token.</summary>
    public bool Equals(ClockToken other)
    {
        Span<byte> mine = stackalloc byte[Size];
        Span<byte> theirs = stackalloc byte[Size];
        CopyTo(mine);
        other.CopyTo(theirs);
        return CryptographicOperations.FixedTimeEquals(mine, theirs);
    }

    public override bool Equals(object? obj) => obj is ClockToken other && Equals(other);

    public override int GetHashCode() => _value.GetHashCode();
}
