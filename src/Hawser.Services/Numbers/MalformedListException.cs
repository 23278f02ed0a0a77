namespace Hawser.Services.Numbers;

/// <summary>
/// A list is not what <see cref="NumbersProtocol"/> says. The message is <c>byte 4711: </c> and the rule that was
/// broken; bytes count from 0.
/// </summary>
internal sealed class MalformedListException(long offset, string rule) : FormatException($"byte {offset}: {rule}")
{
    /// <summary>Where the list breaks the rule.</summary>
    internal long Offset { get; } = offset;
}
