namespace Hawser.Services.Message;

/// <summary>In which order the messages of concurrent senders come out.</summary>
public enum MessageOrder
{
    /// <summary>Whole, in the order in which they ended.</summary>
    Completion,

    /// <summary>Whole, in the order in which their senders connected.</summary>
    Arrival,

    /// <summary>Chunk by chunk, as they come.</summary>
    Interleave,
}
