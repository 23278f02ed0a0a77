namespace Hawser.App.Serving;

/// <summary>Whether the services of a program take new connections. Thread-safe.</summary>
/// <param name="observers">Of the services; complete before <see cref="Phase"/> is null.</param>
internal sealed class Readiness(IReadOnlyList<ServeObserver> observers)
{
    private volatile string? _phase = "starting";

    /// <summary>Why no service takes connections; null while they serve.</summary>
    public string? Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>Null if all services take connections.</summary>
    public string? WhyNot() => Phase ?? (observers.Any(observer => observer.IsShedding) ? "shedding" : null);
}
