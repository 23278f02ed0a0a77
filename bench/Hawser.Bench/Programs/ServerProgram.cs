namespace Hawser.Bench.Programs;

/// <summary>A server that can be started.</summary>
/// <param name="Name">What the results call it.</param>
/// <param name="FileName">The program.</param>
/// <param name="Arguments">With these it listens at a port of the system's choice and says so.</param>
internal sealed record ServerProgram(string Name, string FileName, params string[] Arguments)
{
    /// <summary>What it is compared with; null for a reference.</summary>
    public string? Reference { get; init; }
}
