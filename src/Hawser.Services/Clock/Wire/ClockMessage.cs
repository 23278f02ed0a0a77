namespace Hawser.Services.Clock.Wire;

/// <summary>The type of a frame, its first byte: below 16 between client and server, from 16 between peers.</summary>
internal enum ClockMessage : byte
{
    Hello = 1,
    Welcome = 2,
    Refused = 3,
    Request = 4,
    Reply = 5,
    Done = 6,
    Alive = 7,
    Roster = 8,
    Results = 9,
    Goodbye = 10,
    PeerHello = 16,
    PeerWelcome = 17,
    PeerRefused = 18,
    Offer = 19,
    Chunk = 20,
    Receipt = 21,
}
