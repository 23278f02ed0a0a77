using System.Diagnostics;

namespace Hawser.Services.Numbers;

/// <summary>Books the time of one thread on the stages of the pipeline, without a gap.</summary>
internal sealed class StageClock(PipelineStages stages)
{
    private long _mark = Stopwatch.GetTimestamp();

    /// <summary>Books the time since the last booking.</summary>
    public void Book(PipelineStage stage, long bytes = 0)
    {
        long now = Stopwatch.GetTimestamp();
        stages.Add(stage, now - _mark, bytes);
        _mark = now;
    }
}
