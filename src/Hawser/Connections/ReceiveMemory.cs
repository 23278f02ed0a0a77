using System.Buffers;

namespace Hawser.Connections;

/// <summary>Memory for receive buffers. Those above the smallest size share a budget: a sixteenth of the heap, at most
/// 64 MiB. Beyond it, connections receive in small pieces.</summary>
internal static class ReceiveMemory
{
    /// <summary>The size that every connection gets.</summary>
    public const int SmallBytes = 4096;

    /// <summary>The largest size that is pooled.</summary>
    public const int LargestBytes = 256 * 1024;

    private const int Mebibyte = 1024 * 1024;
    private const int ShareOfHeap = 16;
    private const int MostKept = 16;

    // The shared pool keeps an array of each size per thread that ever used one: half a megabyte per waiting connection
    // under a thread per connection.
    private static readonly ArrayPool<byte> Large =
        ArrayPool<byte>.Create(LargestBytes, Math.Min(2 * Environment.ProcessorCount, MostKept));

    private static readonly long Budget = Math.Clamp(
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfHeap, Mebibyte, 64 * Mebibyte);

    private static long _used;

    public static long Used => Volatile.Read(ref _used);

    /// <summary>An array of at least this size, or a small one if the budget is exhausted.</summary>
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

    /// <summary>Takes memory off the budget, whether or not it is returned.</summary>
    public static void Uncount(int counted)
    {
        if (counted > 0)
            Interlocked.Add(ref _used, -counted);
    }

    /// <summary>Returns an array to its pool.</summary>
    public static void Return(byte[] rented) =>
        (rented.Length <= SmallBytes ? ArrayPool<byte>.Shared : Large).Return(rented);
}
