using System.Buffers;

namespace Hawser;

/// <summary>Memory for receive buffers. Those above the first size have a budget, a sixteenth of the heap and 64 MiB at
/// the most for all connections together: beyond it a connection receives in small pieces.</summary>
internal static class ReceiveMemory
{
    /// <summary>The size that every connection gets.</summary>
    public const int SmallBytes = 4096;

    /// <summary>The largest size that is kept for the next one.</summary>
    public const int LargestBytes = 256 * 1024;

    private const int Mebibyte = 1024 * 1024;
    private const int ShareOfHeap = 16;
    private const int MostKept = 16;

    // The shared pool keeps an array of each size for every thread that has ever used one: under a model with a thread for
    // each connection that is half a megabyte for each of them, while they wait.
    private static readonly ArrayPool<byte> Large =
        ArrayPool<byte>.Create(LargestBytes, Math.Min(2 * Environment.ProcessorCount, MostKept));

    private static readonly long Budget = Math.Clamp(
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfHeap, Mebibyte, 64 * Mebibyte);

    private static long _used;

    /// <summary>Bytes of the budget that are in use.</summary>
    public static long Used => Volatile.Read(ref _used);

    /// <summary>An array of at least this size, or a small one when the budget is used up.</summary>
    public static byte[] RentWithinBudget(int bytes, out int counted) =>
        Rent(bytes > SmallBytes && Used + bytes > Budget ? SmallBytes : bytes, out counted);

    /// <summary>An array of at least this size.</summary>
    /// <param name="bytes">The size.</param>
    /// <param name="counted">For <see cref="Uncount"/>.</param>
    public static byte[] Rent(int bytes, out int counted)
    {
        if (bytes <= SmallBytes)
        {
            counted = 0;
            return ArrayPool<byte>.Shared.Rent(SmallBytes);
        }
        byte[] rented = Large.Rent(bytes);
        counted = rented.Length;
        Interlocked.Add(ref _used, counted);
        return rented;
    }

    /// <summary>The memory is no longer in use, whether or not it is returned.</summary>
    public static void Uncount(int counted)
    {
        if (counted > 0)
            Interlocked.Add(ref _used, -counted);
    }

    /// <summary>Keeps an array for the next one who needs it.</summary>
    public static void Return(byte[] rented) =>
        (rented.Length <= SmallBytes ? ArrayPool<byte>.Shared : Large).Return(rented);
}
