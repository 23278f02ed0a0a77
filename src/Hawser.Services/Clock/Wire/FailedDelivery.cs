namespace Hawser.Services.Clock.Wire;

/// <summary>A recording that a client did not receive.</summary>
/// <param name="From">The client that recorded it.</param>
/// <param name="Outcome">The reason.</param>
internal readonly record struct FailedDelivery(uint From, DeliveryOutcome Outcome)
{
    /// <summary>An outcome in words.</summary>
    public static string Wording(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => "delivered",
        DeliveryOutcome.Unreachable => "the peer could not be reached",
        DeliveryOutcome.Refused => "the peer refused",
        DeliveryOutcome.TimedOut => "the peer was silent for too long",
        DeliveryOutcome.CutShort => "the recording ended too early",
        DeliveryOutcome.WrongSize => "the recording went on beyond its size on the roster",
        DeliveryOutcome.WrongHash => "the recording's hash is not that of the roster",
        DeliveryOutcome.BrokenProtocol => "the peer broke the protocol",
        DeliveryOutcome.NotStored => "it could not be stored",
        DeliveryOutcome.NotARecording => "what the peer sent is not a recording",
        DeliveryOutcome.TooLarge => "the recording is larger than its session allows",
        DeliveryOutcome.NotDialled => "its address is not one to connect to (see --peer-networks)",
        _ => "the client departed without saying",
    };
}
