using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>Where the time of the pipeline went, summed over its threads.</summary>
public sealed class PipelineStages
{
    private readonly long[] _ticks = new long[Names.Count];
    private readonly long[] _bytes = new long[Names.Count];

    /// <summary>The stages, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = Enum.GetNames<PipelineStage>();

    /// <summary>The time of all stages.</summary>
    public TimeSpan Total => Stopwatch.GetElapsedTime(0, _ticks.Sum());

    /// <summary>The time of a stage.</summary>
    public TimeSpan TimeOf(PipelineStage stage) => Stopwatch.GetElapsedTime(0, _ticks[(int)stage]);

    /// <summary>Bytes that passed a stage each second, on one thread.</summary>
    public double BytesPerSecond(PipelineStage stage) =>
        _bytes[(int)stage] / Math.Max(1e-9, TimeOf(stage).TotalSeconds);

    internal void Add(PipelineStages other)
    {
        lock (_ticks)
        {
            for (int i = 0; i < _ticks.Length; i++)
            {
                _ticks[i] += other._ticks[i];
                _bytes[i] += other._bytes[i];
            }
        }
    }

    /// <summary>Books the time since <paramref name="mark"/> on a stage and moves the mark.</summary>
    internal void Book(PipelineStage stage, long bytes, ref long mark)
    {
        long now = Stopwatch.GetTimestamp();
        _ticks[(int)stage] += now - mark;
        _bytes[(int)stage] += bytes;
        mark = now;
    }
}
