namespace Hawser.Services;

/// <summary>What the program gives a service to run with.</summary>
public sealed record ServiceEnvironment
{
    /// <summary>Takes lines for people, whole, from any thread.</summary>
    public required TextWriter Log { get; init; }

    /// <summary>Takes lines about things gone wrong, whole, from any thread.</summary>
    public required TextWriter Errors { get; init; }

    /// <summary>Takes the bytes that are the service's result, where it has such.</summary>
    public required Stream Output { get; init; }

    /// <summary>Told, once, when the service can no longer do its work: the server must stop and the program
    /// fail.</summary>
    public required Action<string> Fail { get; init; }
}
