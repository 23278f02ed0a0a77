namespace Hawser;

/// <summary>The peer broke a rule. The message says which one, in words that the handler may send to it: the engine sends
/// nothing.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>A broken rule, as <see cref="CloseReason.ProtocolError"/>.</summary>
    public ProtocolException(string rule) : this(rule, CloseReason.ProtocolError)
    {
    }

    internal ProtocolException(string rule, CloseReason reason) : base(rule) => Reason = reason;

    /// <summary>How the connection's end is reported.</summary>
    public CloseReason Reason { get; }

    /// <summary>The peer finished in the middle of something; <see cref="CloseReason.Truncated"/>.</summary>
    /// <param name="what">What it was, as in "the peer finished in the middle of a line".</param>
    public static ProtocolException Truncated(string what) =>
        new($"the peer finished in the middle of {what}", CloseReason.Truncated);
}
