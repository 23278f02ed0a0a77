namespace Hawser.Services.Clock.Wire;

/// <summary>The outcome of one recording's delivery to one peer; sent as the receipt.</summary>
internal enum DeliveryOutcome : byte
{
    /// <summary>Stored with the size and hash of the roster.</summary>
    Delivered = 0,
    Unreachable = 1,
    Refused = 2,
    TimedOut = 3,
    CutShort = 4,
    WrongSize = 5,
    WrongHash = 6,
    BrokenProtocol = 7,
    NotStored = 8,
    Departed = 9,

    /// <summary>The content is not in the format of a recording.</summary>
    NotARecording = 10,

    /// <summary>It is larger than a client of this session can have recorded.</summary>
    TooLarge = 11,

    /// <summary>The roster has an address that this client does not connect to.</summary>
    NotDialled = 12,
}
