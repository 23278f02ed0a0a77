using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>
/// Sorts up to <see cref="MaxLength"/> numbers without a branch on any of them. The numbers form a table of 8, 16 or 32
/// rows of one vector each. A network sorts all columns at once. Bitonic merges then join neighbouring columns to
/// sorted runs of two columns, four and so on, and the table is transposed. Source: Batcher, "Sorting networks and
/// their applications", 1968.
/// </summary>
internal static unsafe class Avx512SortingNetwork<T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    private const int MaxRows = 32;

    /// <summary>512 32-bit numbers, or 256 64-bit ones.</summary>
    internal static int MaxLength => MaxRows * Vector512<T>.Count;

    /// <summary>Sorts in ascending order, in place if the two are the same.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Sort(T* from, T* to, int count)
    {
        Vector512<T>* table = stackalloc Vector512<T>[MaxRows];
        Vector512<T>* turned = stackalloc Vector512<T>[MaxRows];
        int lanes = Vector512<T>.Count;
        int rows = count <= 8 * lanes ? 8 : count <= 16 * lanes ? 16 : MaxRows;
        for (int row = count / lanes; row < rows; row++)
            table[row] = Vector512.Create(T.MaxValue);
        Unsafe.CopyBlockUnaligned(table, from, (uint)(count * sizeof(T)));

        SortColumns(table, rows);
        MergeColumns(table, rows, 1);
        MergeColumns(table, rows, 3);
        MergeColumns(table, rows, 7);
        if (lanes == 16)
            MergeColumns(table, rows, 15);
        Vector512<T>* sorted = Transpose(table, turned, rows);
        Unsafe.CopyBlockUnaligned(to, sorted, (uint)(count * sizeof(T)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SortColumns(Vector512<T>* table, int rows)
    {
        for (int row = 0; row < rows; row += 8)
            SortEightRows(table + row);
        for (int half = 8; half < rows; half *= 2)
        {
            for (int start = 0; start < rows; start += 2 * half)
            {
                for (int row = 0; row < half; row++)
                    Exchange(ref table[start + row], ref table[start + (2 * half) - 1 - row]);
            }
            MergeRows(table, rows, half / 2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SortEightRows(Vector512<T>* table)
    {
        Vector512<T> a = table[0], b = table[1], c = table[2], d = table[3];
        Vector512<T> e = table[4], f = table[5], g = table[6], h = table[7];
        Exchange(ref a, ref b);
        Exchange(ref c, ref d);
        Exchange(ref e, ref f);
        Exchange(ref g, ref h);
        Exchange(ref a, ref c);
        Exchange(ref b, ref d);
        Exchange(ref e, ref g);
        Exchange(ref f, ref h);
        Exchange(ref b, ref c);
        Exchange(ref f, ref g);
        Exchange(ref a, ref e);
        Exchange(ref d, ref h);
        Exchange(ref b, ref f);
        Exchange(ref c, ref g);
        Exchange(ref b, ref e);
        Exchange(ref d, ref g);
        Exchange(ref c, ref e);
        Exchange(ref d, ref f);
        Exchange(ref d, ref e);
        (table[0], table[1], table[2], table[3]) = (a, b, c, d);
        (table[4], table[5], table[6], table[7]) = (e, f, g, h);
    }

    /// <summary>
    /// Merges runs of half a group of columns to runs of a group, whose size minus one is <paramref name="group"/>.
    /// Inlined, so that permutations and masks are constants.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MergeColumns(Vector512<T>* table, int rows, int group)
    {
        for (int row = 0; row < rows / 4; row++)
        {
            // Rows that are compared in the first step and, above eight rows, rows half a table apart.
            ref Vector512<T> first = ref table[row];
            ref Vector512<T> second = ref table[(rows / 2) - 1 - row];
            ref Vector512<T> third = ref table[(rows / 2) + row];
            ref Vector512<T> fourth = ref table[rows - 1 - row];
            (Vector512<T> a, Vector512<T> d) = MergePair(first, fourth, group);
            (Vector512<T> b, Vector512<T> c) = MergePair(second, third, group);
            if (rows > 8)
            {
                Exchange(ref a, ref c);
                Exchange(ref b, ref d);
            }
            (first, second, third, fourth) = (a, b, c, d);
        }
        MergeRows(table, rows, rows / 4);
    }

    /// <summary>Compares rows that are a stride apart, then half a stride, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MergeRows(Vector512<T>* table, int rows, int stride)
    {
        for (; stride >= 8; stride /= 2)
        {
            for (int start = 0; start < rows; start += 2 * stride)
            {
                for (int row = start; row < start + stride; row++)
                    Exchange(ref table[row], ref table[row + stride]);
            }
        }
        for (int row = 0; row < rows; row += 8)
            MergeEightRows(table + row);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<T> Top, Vector512<T> Bottom) MergePair(Vector512<T> top, Vector512<T> bottom, int group)
    {
        // The first half of a group ascends from its first row; the second is compared with it from its last row.
        Vector512<T> turnedTop = Turn(top, group);
        Vector512<T> turnedBottom = Turn(bottom, group);
        top = Select(top, turnedBottom, (group + 1) / 2);
        bottom = Select(bottom, turnedTop, (group + 1) / 2);
        if (group >= 15)
            (top, bottom) = (Select(top, Turn(top, 4), 4), Select(bottom, Turn(bottom, 4), 4));
        if (group >= 7)
            (top, bottom) = (Select(top, Turn(top, 2), 2), Select(bottom, Turn(bottom, 2), 2));
        if (group >= 3)
            (top, bottom) = (Select(top, Turn(top, 1), 1), Select(bottom, Turn(bottom, 1), 1));
        return (top, bottom);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MergeEightRows(Vector512<T>* table)
    {
        Vector512<T> a = table[0], b = table[1], c = table[2], d = table[3];
        Vector512<T> e = table[4], f = table[5], g = table[6], h = table[7];
        Exchange(ref a, ref e);
        Exchange(ref b, ref f);
        Exchange(ref c, ref g);
        Exchange(ref d, ref h);
        Exchange(ref a, ref c);
        Exchange(ref b, ref d);
        Exchange(ref e, ref g);
        Exchange(ref f, ref h);
        Exchange(ref a, ref b);
        Exchange(ref c, ref d);
        Exchange(ref e, ref f);
        Exchange(ref g, ref h);
        (table[0], table[1], table[2], table[3]) = (a, b, c, d);
        (table[4], table[5], table[6], table[7]) = (e, f, g, h);
    }

    /// <summary>
    /// Transposes the table. Each round interleaves its two halves, which moves the highest bit of a number's row to
    /// the lowest of its place.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector512<T>* Transpose(Vector512<T>* table, Vector512<T>* other, int rows)
    {
        Vector512<T> indices = Vector512<T>.Indices;
        Vector512<T> half = indices >> 1;
        Vector512<T> fromUpper = (indices & Vector512<T>.One) * T.CreateTruncating(Vector512<T>.Count);
        Vector512<T> firstHalves = half + fromUpper;
        Vector512<T> secondHalves = firstHalves + Vector512.Create(T.CreateTruncating(Vector512<T>.Count / 2));
        for (int round = 1; round < rows; round *= 2)
        {
            for (int row = 0; row < rows / 2; row++)
            {
                Vector512<T> lower = table[row];
                Vector512<T> upper = table[row + (rows / 2)];
                other[2 * row] = Avx512Lanes.Permute(lower, firstHalves, upper);
                other[(2 * row) + 1] = Avx512Lanes.Permute(lower, secondHalves, upper);
            }
            Vector512<T>* swap = table;
            table = other;
            other = swap;
        }
        return table;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(ref Vector512<T> lower, ref Vector512<T> upper)
    {
        Vector512<T> smaller = Vector512.Min(lower, upper);
        upper = Vector512.Max(lower, upper);
        lower = smaller;
    }

    /// <summary>Lane <c>i</c> of the result is lane <c>i ^ bits</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Turn(Vector512<T> lanes, int bits) =>
        Avx512Lanes.Permute(lanes, Vector512<T>.Indices ^ Vector512.Create(T.CreateTruncating(bits)));

    /// <summary>The larger number in the lanes whose number has the bit set, the smaller in the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Select(Vector512<T> left, Vector512<T> right, int bit) =>
        Vector512.ConditionalSelect(
            Avx512Lanes.WithBit<T>(bit), Vector512.Max(left, right), Vector512.Min(left, right));
}
