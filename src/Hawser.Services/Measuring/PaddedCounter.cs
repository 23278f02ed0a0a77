using System.Runtime.InteropServices;

namespace Hawser.Services.Measuring;

/// <summary>A counter that many threads increase often. It has its cache lines to itself, so that they do not slow down
/// those that read what lies beside it.</summary>
internal sealed class PaddedCounter
{
    private Padded _padded;

    /// <summary>The sum so far.</summary>
    public long Value => Interlocked.Read(ref _padded.Value);

    /// <summary>Adds to the sum.</summary>
    public void Add(long count) => Interlocked.Add(ref _padded.Value, count);

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Padded
    {
        [FieldOffset(64)]
        public long Value;
    }
}
