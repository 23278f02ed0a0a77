namespace Hawser.Tests.Support;

/// <summary>Of which models something is promised.</summary>
public enum ModelKind
{
    Every,
    Concurrent,
    KeepsThread,
    Blocking,
    ConcurrentBlocking,
    Loop,
    NotBlocking,
}
