namespace Hawser;

/// <summary>The result of a wait for input.</summary>
public enum InputState
{
    /// <summary>At least one byte can be read without waiting.</summary>
    Ready,

    /// <summary>The peer has finished: every further read reports the end of the stream.</summary>
    Finished,

    /// <summary>The deadline passed first; the connection is unchanged.</summary>
    TimedOut,

    /// <summary>The server is stopping, and no input has arrived: end the conversation.</summary>
    Stopping,
}
