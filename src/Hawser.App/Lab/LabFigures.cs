namespace Hawser.App.Lab;

/// <summary>The figures of one measurement.</summary>
internal sealed record LabFigures
{
    /// <summary>Of a load; null for a task.</summary>
    public LabLoadFigures? Load { get; init; }

    /// <summary>Of a task, by the name of the metric; null for a load.</summary>
    public IReadOnlyDictionary<string, double>? Task { get; init; }

    /// <summary>Resources of the server of a load; null if they cannot be measured.</summary>
    public LabServerFigures? Server { get; init; }

    /// <summary>The same, of a load that may have been the bottleneck together with others.</summary>
    public LabFigures WithLimit(bool loadIsLimit) =>
        loadIsLimit && Load is not null ? this with { Load = Load with { LoadWasLimit = true } } : this;
}
