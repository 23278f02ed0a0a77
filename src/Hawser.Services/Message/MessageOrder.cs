namespace Hawser.Services.Message;

/// <summary>The order of concurrent messages in the output.</summary>
public enum MessageOrder
{
    /// <summary>Whole messages, in the order in which they ended.</summary>
    Completion,

    /// <summary>Whole messages, in the order in which their senders connected.</summary>
    Arrival,

    /// <summary>Chunks, as they arrive.</summary>
    Interleave,
}
