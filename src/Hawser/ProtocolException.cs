namespace Hawser;

/// <summary>The peer violated the protocol. The message names the rule and is fit to be sent to the peer; the engine
/// does not send it.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>A violation with <see cref="CloseReason.ProtocolError"/>.</summary>
    public ProtocolException(string rule) : this(rule, CloseReason.ProtocolError)
    {
    }

    internal ProtocolException(string rule, CloseReason reason) : base(rule) => Reason = reason;

    /// <summary>The reported reason of the connection's end.</summary>
    public CloseReason Reason { get; }

    /// <summary>The peer finished within something; <see cref="CloseReason.Truncated"/>.</summary>
    /// <param name="what">The truncated item, as in "truncated line".</param>
    public static ProtocolException Truncated(string what) =>
        new($"truncated {what}", CloseReason.Truncated);
}
