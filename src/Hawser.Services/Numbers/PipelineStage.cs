namespace Hawser.Services.Numbers;

/// <summary>What happens to a list in the pipeline, in order.</summary>
public enum PipelineStage
{
    /// <summary>Connecting and receiving, waiting for the server included.</summary>
    Download,

    /// <summary>Writing the bytes as they came.</summary>
    WriteUnsorted,

    /// <summary>Reading numbers from text.</summary>
    Parse,

    /// <summary>Sorting them.</summary>
    Sort,

    /// <summary>Writing numbers as text.</summary>
    Format,

    /// <summary>Writing that to disk.</summary>
    WriteSorted,
}
