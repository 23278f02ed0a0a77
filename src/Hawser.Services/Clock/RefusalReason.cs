namespace Hawser.Services.Clock;

/// <summary>Why a server or a peer does not take one in.</summary>
internal enum RefusalReason : byte
{
    Full = 1,
    Stopping = 2,
    IntervalNotServed = 3,
    NoSuchRecording = 4,
    Busy = 5,

    /// <summary>The server serves another session only.</summary>
    OtherSession = 6,
}
