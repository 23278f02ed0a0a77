namespace Hawser;

/// <summary>How the connections that were open at the stop ended.</summary>
/// <param name="Finished">Ended by themselves within the drain timeout.</param>
/// <param name="Aborted">Aborted after it.</param>
/// <param name="Stuck">Handlers that did not end even then: they compute or block on something else.</param>
public sealed record DrainReport(int Finished, int Aborted, int Stuck);
