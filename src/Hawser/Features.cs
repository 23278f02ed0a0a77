namespace Hawser;

/// <summary>Objects attached to a connection by layers and handlers, one per type: the name verified by TLS, the
/// address reported by a proxy, a session. Thread-safe.</summary>
public sealed class Features
{
    private readonly Lock _gate = new();

    // Replaced as a whole, so that readers need no lock.
    private volatile (Type Type, object Feature)[] _attached = [];

    /// <summary>The object of this type; null if none is attached.</summary>
    public T? Get<T>() where T : class
    {
        foreach ((Type type, object feature) in _attached)
        {
            if (type == typeof(T))
                return (T)feature;
        }
        return null;
    }

    /// <summary>Attaches an object, replacing an earlier one of its type; null removes it.</summary>
    public void Set<T>(T? feature) where T : class
    {
        lock (_gate)
        {
            IEnumerable<(Type Type, object Feature)> others = _attached.Where(entry => entry.Type != typeof(T));
            _attached = feature is null ? [.. others] : [.. others, (typeof(T), feature)];
        }
    }
}
