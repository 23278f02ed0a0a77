using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hawser.Services.Clock.Wire;

/// <summary>Size and SHA-256 of a recording, which identify a correct copy.</summary>
internal readonly record struct RecordingDigest
{
    public const int HashBytes = SHA256.HashSizeInBytes;

    private readonly (ulong A, ulong B, ulong C, ulong D) _sha256;

    /// <param name="bytes">The size.</param>
    /// <param name="sha256">The hash, 32 bytes.</param>
    public RecordingDigest(long bytes, ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, HashBytes);
        Bytes = bytes;
        _sha256 = (
            BinaryPrimitives.ReadUInt64BigEndian(sha256),
            BinaryPrimitives.ReadUInt64BigEndian(sha256[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(sha256[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(sha256[24..]));
    }

    /// <summary>The size of the file in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The digest of the given bytes.</summary>
    public static RecordingDigest Of(ReadOnlySpan<byte> content) => new(content.Length, SHA256.HashData(content));

    public void CopyHashTo(Span<byte> sha256)
    {
        BinaryPrimitives.WriteUInt64BigEndian(sha256, _sha256.A);
        BinaryPrimitives.WriteUInt64BigEndian(sha256[8..], _sha256.B);
        BinaryPrimitives.WriteUInt64BigEndian(sha256[16..], _sha256.C);
        BinaryPrimitives.WriteUInt64BigEndian(sha256[24..], _sha256.D);
    }

    /// <summary>The hash as 64 lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> sha256 = stackalloc byte[HashBytes];
        CopyHashTo(sha256);
        return Convert.ToHexStringLower(sha256);
    }
}

/// <summary>The Done of a client, sent after its file is closed.</summary>
/// <param name="Recording">Size and hash of the file.</param>
/// <param name="Sent">Ticks sent.</param>
/// <param name="Answered">Ticks answered.</param>
/// <param name="Missed">Ticks missed.</param>
internal readonly record struct RecordingDone(RecordingDigest Recording, uint Sent, uint Answered, uint Missed);
