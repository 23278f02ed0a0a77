namespace Hawser;

/// <summary>What layers and handlers attach to a connection, one of each type: the name that TLS has verified, the
/// address that a proxy has told, a session.</summary>
/// <remarks>Not thread-safe: it belongs to whoever serves the connection.</remarks>
public sealed class Features
{
    private readonly Dictionary<Type, object> _byType = [];

    /// <summary>What was set for the type; null when nothing was.</summary>
    public T? Get<T>() where T : class => (T?)_byType.GetValueOrDefault(typeof(T));

    /// <summary>Sets what the type stands for, in place of an earlier one; null removes it.</summary>
    public void Set<T>(T? feature) where T : class
    {
        if (feature is null)
            _byType.Remove(typeof(T));
        else
            _byType[typeof(T)] = feature;
    }
}
