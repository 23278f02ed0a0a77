using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>How fast one core copies memory here and now: the roof under which every stage works.</summary>
public static class MemorySpeed
{
    private const int Bytes = 64 * 1024 * 1024;
    private const int Rounds = 5;

    /// <summary>Copies 64 MiB a few times.</summary>
    /// <returns>Bytes copied in a second, by the best round.</returns>
    public static double Measure()
    {
        byte[] from = new byte[Bytes];
        byte[] to = new byte[Bytes];
        Array.Fill(from, (byte)1);
        Array.Fill(to, (byte)2);
        TimeSpan best = TimeSpan.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long begin = Stopwatch.GetTimestamp();
            from.CopyTo(to.AsSpan());
            TimeSpan time = Stopwatch.GetElapsedTime(begin);
            best = time < best ? time : best;
        }
        return Bytes / best.TotalSeconds;
    }
}
