namespace Hawser;

/// <summary>Objects attached to a connection by layers and handlers, one per type: the name verified by TLS, the
/// address reported by a proxy, a session.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class Features
{
    private readonly Dictionary<Type, object> _byType = [];

    /// <summary>The object of this type; null if none is attached.</summary>
    public T? Get<T>() where T : class => (T?)_byType.GetValueOrDefault(typeof(T));

    /// <summary>Attaches an object, replacing an earlier one of its type; null removes it.</summary>
    public void Set<T>(T? feature) where T : class
    {
        if (feature is null)
            _byType.Remove(typeof(T));
        else
            _byType[typeof(T)] = feature;
    }
}
