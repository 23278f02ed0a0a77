namespace Hawser;

/// <summary>How the connections that were open at the stop came to their ends.</summary>
/// <param name="Finished">Ended by themselves within the drain timeout.</param>
/// <param name="Aborted">Were aborted when it was over.</param>
/// <param name="Stuck">Had a handler that did not end even then: it computes or blocks on something else.</param>
public sealed record DrainReport(int Finished, int Aborted, int Stuck);
