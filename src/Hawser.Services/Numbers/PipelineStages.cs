using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>Where the time of the pipeline went, summed over its threads.</summary>
public sealed class PipelineStages
{
    private static readonly int Count = Enum.GetValues<PipelineStage>().Length;

    private readonly long[] _ticks = new long[Count];
    private readonly long[] _bytes = new long[Count];

    /// <summary>The time of all stages.</summary>
    public TimeSpan Total => Stopwatch.GetElapsedTime(0, _ticks.Sum());

    /// <summary>The time of a stage.</summary>
    public TimeSpan TimeOf(PipelineStage stage) => Stopwatch.GetElapsedTime(0, _ticks[(int)stage]);

    /// <summary>Bytes that passed a stage each second, on one thread.</summary>
    public double BytesPerSecond(PipelineStage stage) =>
        _bytes[(int)stage] / Math.Max(1e-9, TimeOf(stage).TotalSeconds);

    internal void Add(PipelineStage stage, long ticks, long bytes)
    {
        Interlocked.Add(ref _ticks[(int)stage], ticks);
        Interlocked.Add(ref _bytes[(int)stage], bytes);
    }
}
