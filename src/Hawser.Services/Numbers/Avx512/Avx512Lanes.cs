using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hawser.Services.Numbers.Avx512;

/// <summary>
/// The instructions of the sort whose names differ by type, for <c>int</c> and <c>long</c>.
/// </summary>
internal static class Avx512Lanes
{
    /// <summary>The lanes that the mask selects, moved to the front; zeros behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<T> Compress<T>(Vector512<T> mask, Vector512<T> lanes)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => typeof(T) == typeof(int)
            ? Avx512F.Compress(Vector512<int>.Zero, mask.AsInt32(), lanes.AsInt32()).As<int, T>()
            : Avx512F.Compress(Vector512<long>.Zero, mask.AsInt64(), lanes.AsInt64()).As<long, T>();

    /// <summary>Lane <c>i</c> of the result is lane <c>order[i]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<T> Permute<T>(Vector512<T> lanes, Vector512<T> order)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => typeof(T) == typeof(int)
            ? Avx512F.PermuteVar16x32(lanes.AsInt32(), order.AsInt32()).As<int, T>()
            : Avx512F.PermuteVar8x64(lanes.AsInt64(), order.AsInt64()).As<long, T>();

    /// <summary>Lane <c>i</c> of the result is lane <c>order[i]</c> of the two vectors, concatenated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<T> Permute<T>(Vector512<T> lower, Vector512<T> order, Vector512<T> upper)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => typeof(T) == typeof(int)
            ? Avx512F.PermuteVar16x32x2(lower.AsInt32(), order.AsInt32(), upper.AsInt32()).As<int, T>()
            : Avx512F.PermuteVar8x64x2(lower.AsInt64(), order.AsInt64(), upper.AsInt64()).As<long, T>();

    /// <summary>The mask that selects the lanes whose number has a bit set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<T> WithBit<T>(int bit)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        => ~Vector512.Equals(Vector512<T>.Indices & Vector512.Create(T.CreateTruncating(bit)), Vector512<T>.Zero);
}
