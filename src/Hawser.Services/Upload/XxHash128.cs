using System.Globalization;
using System.Runtime.Intrinsics;

namespace Hawser.Services.Upload;

/// <summary>XXH3 of 128 bits with seed 0, computed piece by piece: what <c>xxh128sum</c> prints.</summary>
/// <remarks>The steps are those of the specification, doc/xxhash_spec.md in Cyan4973/xxHash. Input of more than 240 bytes
/// goes through eight accumulators, in stripes of 64 bytes and blocks of 16 stripes.</remarks>
internal sealed partial class XxHash128
{
    private const int StripeBytes = 64;
    private const int BlockBytes = 1024;

    // Offsets into the secret.
    private const int ScrambleKey = 128;
    private const int LastStripeKey = 121;
    private const int LowMergeKey = 11;
    private const int HighMergeKey = 117;

    // The stripe before the current block, then the block. A full block stays until more input arrives: the last one
    // ends differently.
    private readonly byte[] _tail = new byte[StripeBytes + BlockBytes];
    private int _inBlock;
    private ulong _length;
    private Sums _sums = new(
        Vector256.Create(ShortPrime3, Prime1, Prime2, Prime3), Vector256.Create(Prime4, ShortPrime2, Prime5, ShortPrime1));

    /// <summary>Appends input of any length.</summary>
    public void Append(ReadOnlySpan<byte> input)
    {
        _length += (ulong)input.Length;
        while (!input.IsEmpty)
        {
            if (_inBlock == BlockBytes)
            {
                AddBlocks(_tail.AsSpan(StripeBytes));
                _inBlock = 0;
            }
            int whole = (input.Length - 1) / BlockBytes * BlockBytes;
            if (_inBlock == 0 && whole > 0)
            {
                AddBlocks(input[..whole]);
                input = input[whole..];
            }
            int count = Math.Min(input.Length, BlockBytes - _inBlock);
            input[..count].CopyTo(_tail.AsSpan(StripeBytes + _inBlock));
            _inBlock += count;
            input = input[count..];
        }
    }

    /// <summary>The hash of the input so far, lower-case hex.</summary>
    public string ToHex()
    {
        UInt128 hash = _length <= LongestShortBytes ? HashShort(_tail.AsSpan(StripeBytes, _inBlock)) : FinishLong();
        return hash.ToString("x32", CultureInfo.InvariantCulture);
    }

    /// <summary>Adds whole blocks and keeps their last stripe.</summary>
    private void AddBlocks(ReadOnlySpan<byte> blocks)
    {
        Sums sums = _sums;
        for (int block = 0; block < blocks.Length; block += BlockBytes)
        {
            for (int stripe = 0; stripe < BlockBytes / StripeBytes; stripe++)
                sums = sums.Add(blocks.Slice(block + stripe * StripeBytes, StripeBytes), stripe * 8);
            sums = sums.Scramble();
        }
        _sums = sums;
        blocks[^StripeBytes..].CopyTo(_tail);
    }

    private UInt128 FinishLong()
    {
        Sums sums = _sums;
        for (int stripe = 0; stripe < (_inBlock - 1) / StripeBytes; stripe++)
            sums = sums.Add(_tail.AsSpan((stripe + 1) * StripeBytes, StripeBytes), stripe * 8);
        sums = sums.Add(_tail.AsSpan(_inBlock, StripeBytes), LastStripeKey);
        return new UInt128(
            sums.Merge(~(_length * Prime2), HighMergeKey), sums.Merge(_length * Prime1, LowMergeKey));
    }

    /// <summary>The eight accumulators.</summary>
    private readonly struct Sums(Vector256<ulong> low, Vector256<ulong> high)
    {
        public Sums Add(ReadOnlySpan<byte> stripe, int key) => new(
            Add(low, Load(stripe), Load(Secret[key..])),
            Add(high, Load(stripe[32..]), Load(Secret[(key + 32)..])));

        public Sums Scramble() => new(
            Scramble(low, Load(Secret[ScrambleKey..])), Scramble(high, Load(Secret[(ScrambleKey + 32)..])));

        public ulong Merge(ulong start, int key)
        {
            Vector256<ulong> first = low ^ Load(Secret[key..]);
            Vector256<ulong> second = high ^ Load(Secret[(key + 32)..]);
            return Avalanche(start + Fold(first[0], first[1]) + Fold(first[2], first[3])
                + Fold(second[0], second[1]) + Fold(second[2], second[3]));
        }

        private static Vector256<ulong> Add(Vector256<ulong> sums, Vector256<ulong> input, Vector256<ulong> key)
        {
            Vector256<ulong> keyed = input ^ key;
            return sums + Vector256.Shuffle(input, Vector256.Create(1ul, 0, 3, 2))
                + (keyed & Vector256.Create((ulong)uint.MaxValue)) * (keyed >>> 32);
        }

        private static Vector256<ulong> Scramble(Vector256<ulong> sums, Vector256<ulong> key) =>
            (sums ^ (sums >>> 47) ^ key) * ShortPrime1;

        private static Vector256<ulong> Load(ReadOnlySpan<byte> bytes) => Vector256.Create(bytes).AsUInt64();
    }
}
