namespace Hawser.App.Status;

/// <summary>One server of a process.</summary>
internal sealed record ServerStatus : StatusAnswer
{
    /// <summary><see cref="StatusProtocol.Version"/> of the server.</summary>
    public required int Protocol { get; init; }

    public required int Pid { get; init; }

    /// <summary>Its service, which is unique in its process.</summary>
    public required string Name { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<string> Listeners { get; init; }

    public required double UptimeSeconds { get; init; }

    public required bool Draining { get; init; }

    /// <summary>Connections being served.</summary>
    public required int Connections { get; init; }

    /// <summary>Connections that wait in the model.</summary>
    public required int Queued { get; init; }

    /// <summary>Connections since the start; never falls, like the bytes.</summary>
    public required long Accepted { get; init; }

    public required long BytesReceived { get; init; }

    public required long BytesSent { get; init; }

    public required IReadOnlyList<LimitStatus> Limits { get; init; }

    /// <summary>How users tell it from others.</summary>
    public string Label() => $"{Name} {string.Join(" ", Listeners)} (pid {Pid})";

    /// <summary>Whether a user's word means it: its name, its port or its address.</summary>
    public bool Is(string word) => Name == word || Listeners.Any(
        address => address == word || address.EndsWith($":{word}", StringComparison.Ordinal));
}

/// <summary>One limit of a server.</summary>
/// <param name="Name">The option of <c>serve</c> without its dashes.</param>
/// <param name="Limit">Seconds, bytes, bytes per second or a number; null for none.</param>
/// <param name="Current">In use now; null where nothing is measured.</param>
/// <param name="Maximum">The most in use since the start.</param>
/// <param name="Struck">Connections that it has refused or ended.</param>
/// <param name="Changeable">It can change while the server runs.</param>
internal sealed record LimitStatus(
    string Name, double? Limit, double? Current, double? Maximum, long Struck, bool Changeable);
