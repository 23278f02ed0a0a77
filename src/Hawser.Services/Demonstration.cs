namespace Hawser.Services;

/// <summary>One thing shown and checked.</summary>
/// <param name="What">What was done, in a few words.</param>
/// <param name="Bytes">Bytes that arrived.</param>
/// <param name="Time">How long it took.</param>
/// <param name="Difference">What was not as it should be; null when every byte was.</param>
public sealed record Demonstration(string What, long Bytes, TimeSpan Time, string? Difference)
{
    /// <summary>Every byte was as it should be.</summary>
    public bool IsVerified => Difference is null;
}
