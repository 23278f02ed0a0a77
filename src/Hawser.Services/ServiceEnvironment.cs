namespace Hawser.Services;

/// <summary>What the program gives a service to run with. The writers take whole lines from any thread.</summary>
public sealed record ServiceEnvironment
{
    /// <summary>Takes the lines that the service's exercise prescribes.</summary>
    public required TextWriter Log { get; init; }

    /// <summary>Takes a line per success beyond those. Default: discarded.</summary>
    public TextWriter Events { get; init; } = TextWriter.Null;

    /// <summary>Takes a line per failure.</summary>
    public required TextWriter Errors { get; init; }

    /// <summary>Takes the bytes that are the service's result, if it has any.</summary>
    public required Stream Output { get; init; }

    /// <summary>Called once, with the reason, when the service can no longer work: the server must stop and the program
    /// fail.</summary>
    public required Action<string> Fail { get; init; }
}
