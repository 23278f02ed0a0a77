namespace Hawser.App.Status;

/// <summary>One server of a process.</summary>
internal sealed record ServerStatus : StatusAnswer
{
    private const string LocalHost = "localhost:";

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

    /// <summary>How long connections were served that have ended: <see cref="Metrics.DurationCounts.Read"/>. Null from
    /// servers that do not know.</summary>
    public IReadOnlyList<long>? ConnectionDurations { get; init; }

    public required IReadOnlyList<LimitStatus> Limits { get; init; }

    /// <summary>How users tell it from others.</summary>
    public string Label() => $"{Name} {string.Join(" ", Listeners)} (pid {Pid})";

    /// <summary>Whether a user's word means it: its name, its port or its address.</summary>
    public bool Is(string word)
    {
        string port = word.StartsWith(LocalHost, StringComparison.Ordinal) ? word[LocalHost.Length..] : word;
        return Name == word || Listeners.Any(
            address => address == word || address.EndsWith($":{port}", StringComparison.Ordinal));
    }
}

/// <summary>One limit of a server.</summary>
internal sealed record LimitStatus
{
    /// <summary>The option of <c>serve</c> without its dashes.</summary>
    public required string Name { get; init; }

    /// <summary>Seconds, bytes, bytes per second or a number; null for none.</summary>
    public double? Limit { get; init; }

    /// <summary>In use now; null where nothing is measured.</summary>
    public double? Current { get; init; }

    /// <summary>The most in use since the start.</summary>
    public double? Maximum { get; init; }

    /// <summary>Connections that it has refused or ended.</summary>
    public required long Hits { get; init; }

    /// <summary>It can change while the server runs.</summary>
    public required bool Changeable { get; init; }
}
