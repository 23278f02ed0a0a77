using System.Buffers.Binary;
using System.Numerics;

namespace Hawser.Services.Upload;

/// <content>Input of up to 240 bytes, and the constants.</content>
internal sealed partial class XxHash128
{
    private const int LongestShortBytes = 240;

    private const ulong ShortPrime1 = 0x9E3779B1;
    private const ulong ShortPrime2 = 0x85EBCA77;
    private const ulong ShortPrime3 = 0xC2B2AE3D;
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;
    private const ulong MixPrime1 = 0x165667919E3779F9;
    private const ulong MixPrime2 = 0x9FB21C651E98DF25;

    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
        0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
        0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    private static UInt128 HashShort(ReadOnlySpan<byte> input) => input.Length switch
    {
        0 => new UInt128(FinalMix(SecretPair(80)), FinalMix(SecretPair(64))),
        <= 3 => HashUpTo3(input),
        <= 8 => HashUpTo8(input),
        <= 16 => HashUpTo16(input),
        _ => HashUpTo240(input),
    };

    private static UInt128 HashUpTo3(ReadOnlySpan<byte> input)
    {
        uint combined = input[^1] | (uint)input.Length << 8 | (uint)input[0] << 16 | (uint)input[input.Length >> 1] << 24;
        uint turned = BitOperations.RotateLeft(BinaryPrimitives.ReverseEndianness(combined), 13);
        return new UInt128(
            FinalMix(Word32(Secret[8..]) ^ Word32(Secret[12..]) ^ turned),
            FinalMix(Word32(Secret) ^ Word32(Secret[4..]) ^ combined));
    }

    private static UInt128 HashUpTo8(ReadOnlySpan<byte> input)
    {
        ulong value = SecretPair(16) ^ (Word32(input) | (ulong)Word32(input[^4..]) << 32);
        ulong high = Math.BigMul(value, Prime1 + ((ulong)input.Length << 2), out ulong low);
        high += low << 1;
        low ^= high >> 3;
        low ^= low >> 35;
        low *= MixPrime2;
        low ^= low >> 28;
        return new UInt128(Avalanche(high), low);
    }

    private static UInt128 HashUpTo16(ReadOnlySpan<byte> input)
    {
        ulong last = Word(input[^8..]);
        ulong value = SecretPair(48) ^ last;
        ulong high = Math.BigMul(SecretPair(32) ^ Word(input) ^ last, Prime1, out ulong low);
        low += (ulong)(input.Length - 1) << 54;
        high += value + (uint)value * (ShortPrime2 - 1);
        low ^= BinaryPrimitives.ReverseEndianness(high);
        high = high * Prime2 + Math.BigMul(low, Prime2, out low);
        return new UInt128(Avalanche(high), Avalanche(low));
    }

    private static UInt128 HashUpTo240(ReadOnlySpan<byte> input)
    {
        ulong length = (ulong)input.Length;
        (ulong A, ulong B) sums = (length * Prime1, 0);
        if (input.Length <= 128)
        {
            for (int i = (input.Length - 1) >> 5; i >= 0; i--)
                sums = Mix(sums, input[(i * 16)..], input[^(i * 16 + 16)..], i * 32);
        }
        else
        {
            for (int i = 0; i < 4; i++)
                sums = Mix(sums, input[(i * 32)..], input[(i * 32 + 16)..], i * 32);
            sums = (Avalanche(sums.A), Avalanche(sums.B));
            for (int i = 4; i < input.Length >> 5; i++)
                sums = Mix(sums, input[(i * 32)..], input[(i * 32 + 16)..], (i - 4) * 32 + 3);
            sums = Mix(sums, input[^16..], input[^32..], 103);
        }
        return new UInt128(
            0 - Avalanche(sums.A * Prime1 + sums.B * Prime4 + length * Prime2), Avalanche(sums.A + sums.B));
    }

    /// <summary>Mixes two pieces of 16 bytes with 32 bytes of the secret.</summary>
    private static (ulong A, ulong B) Mix(
        (ulong A, ulong B) sums, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int key) => (
        (sums.A + Mix(first, key)) ^ (Word(second) + Word(second[8..])),
        (sums.B + Mix(second, key + 16)) ^ (Word(first) + Word(first[8..])));

    private static ulong Mix(ReadOnlySpan<byte> piece, int key) =>
        Fold(Word(piece) ^ Word(Secret[key..]), Word(piece[8..]) ^ Word(Secret[(key + 8)..]));

    private static ulong Fold(ulong a, ulong b) => Math.BigMul(a, b, out ulong low) ^ low;

    private static ulong Avalanche(ulong value)
    {
        value = (value ^ (value >> 37)) * MixPrime1;
        return value ^ (value >> 32);
    }

    /// <summary>The final mix of XXH64.</summary>
    private static ulong FinalMix(ulong value)
    {
        value = (value ^ (value >> 33)) * Prime2;
        value = (value ^ (value >> 29)) * Prime3;
        return value ^ (value >> 32);
    }

    private static ulong SecretPair(int offset) => Word(Secret[offset..]) ^ Word(Secret[(offset + 8)..]);

    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private static uint Word32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
