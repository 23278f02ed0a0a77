namespace Hawser.Services.Numbers;

/// <summary>
/// A list breaks a rule of <see cref="NumbersProtocol"/>. The message is <c>byte 4711: </c> and the rule; bytes count
/// from 0.
/// </summary>
internal sealed class MalformedListException(long offset, string rule) : FormatException($"byte {offset}: {rule}")
{
    /// <summary>Where the list breaks the rule.</summary>
    internal long Offset { get; } = offset;
}
