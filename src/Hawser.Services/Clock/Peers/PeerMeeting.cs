using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>Swaps recordings with one peer over one connection, one direction after the other. Accepts only the
/// recording whose size and hash the roster gives.</summary>
/// <param name="partner">The peer's entry on the roster.</param>
/// <param name="own">The recording to send.</param>
/// <param name="copyPath">The path of the peer's recording.</param>
/// <param name="longest">The size limit of the peer's recording, in bytes.</param>
/// <param name="stall">The timeout without traffic.</param>
/// <param name="time">The clock of its timeouts.</param>
internal sealed class PeerMeeting(
    RosterEntry partner, OwnRecording own, string copyPath, long longest, TimeSpan stall, TimeProvider time)
{
    private readonly TimeSpan _limit =
        ClockTiming.MeetingOf(own.Digest.Bytes + Math.Min(partner.Recording.Bytes, longest));

    /// <summary>The outcome for the peer's recording; null while unknown.</summary>
    public DeliveryOutcome? Received { get; private set; }

    /// <summary>The peer confirmed this client's recording.</summary>
    public bool IsGiven { get; private set; }

    /// <summary>Runs the side that connected.</summary>
    public async Task CallAsync(Connection connection, PeerHello hello)
    {
        using ITimer welcomed = Limit(connection, ClockTiming.WelcomePatience);
        var frames = new ClockFrames(connection);
        await frames.SendAsync(PeerProtocol.WritePeerHello(frames.Room(PeerProtocol.PeerHelloSize), hello));
        if (await ReadWelcomeAsync(frames, hello) is not { } welcome)
            return;
        welcomed.Change(_limit, Timeout.InfiniteTimeSpan);
        using var watchdog = new ProgressWatchdog(connection, stall, time);
        bool isBrotli = welcome.Abilities.HasFlag(ClockAbilities.Brotli);
        await GiveAsync(frames, isBrotli);
        await TakeAsync(frames, isBrotli);
        await connection.FinishWritingAsync();
    }

    /// <summary>Runs the side that listens, after a valid greeting.</summary>
    public async Task AnswerAsync(Connection connection, ClockFrames frames, PeerHello hello, ClockToken answer)
    {
        using ITimer limited = Limit(connection, _limit);
        using var watchdog = new ProgressWatchdog(connection, stall, time);
        var welcome = new PeerWelcome(ClockAbilities.Brotli, hello.To, answer);
        await frames.SendAsync(PeerProtocol.WritePeerWelcome(frames.Room(PeerProtocol.PeerWelcomeSize), welcome));
        bool isBrotli = hello.Abilities.HasFlag(ClockAbilities.Brotli);
        await TakeAsync(frames, isBrotli);
        await GiveAsync(frames, isBrotli);
    }

    /// <summary>Bounds a meeting with a peer that neither stalls nor ends.</summary>
    private ITimer Limit(Connection connection, TimeSpan most) => time.CreateTimer(
        _ => connection.Abort(CloseReason.IdleTimeout), null, most, Timeout.InfiniteTimeSpan);

    private async Task<PeerWelcome?> ReadWelcomeAsync(ClockFrames frames, PeerHello hello)
    {
        InputState state = await frames.ReadAsync(Deadline.After(ClockTiming.WelcomePatience));
        if (state == InputState.TimedOut)
            Received = DeliveryOutcome.TimedOut;
        else if (state != InputState.Ready || frames.Type == ClockMessage.PeerRefused)
            Received = DeliveryOutcome.Refused;
        if (Received is not null)
            return null;
        ClockProtocol.Rule(
            frames.Type == ClockMessage.PeerWelcome ? null : $"a peer answers with PeerWelcome, not {frames.Type}");
        PeerWelcome welcome = PeerProtocol.ReadPeerWelcome(frames.Payload);
        ClockProtocol.Rule(!welcome.Token.Equals(partner.Pair.Answer) ? "a peer proves who it is"
            : welcome.ClientId != hello.To ? $"client {hello.To} was called, not {welcome.ClientId}"
            : null);
        return welcome;
    }

    private async Task GiveAsync(ClockFrames frames, bool isBrotli)
    {
        await own.SendAsync(frames, isBrotli);
        await frames.ExpectAsync(ClockMessage.Receipt);
        IsGiven = PeerProtocol.ReadReceipt(frames.Payload) == DeliveryOutcome.Delivered;
    }

    private async Task TakeAsync(ClockFrames frames, bool mayBeBrotli)
    {
        await frames.ExpectAsync(ClockMessage.Offer);
        Offer offer = PeerProtocol.ReadOffer(frames.Payload);
        ClockProtocol.Rule(offer.IsBrotli && !mayBeBrotli ? "Brotli is for peers that can both do it" : null);
        if (offer.Recording != partner.Recording)
        {
            throw await EndAsync(frames, offer.Recording.Bytes != partner.Recording.Bytes
                ? DeliveryOutcome.WrongSize : DeliveryOutcome.WrongHash);
        }
        if (partner.Recording.Bytes > longest)
            throw await EndAsync(frames, DeliveryOutcome.TooLarge);
        using RecordingCopy? copy = TryBegin(offer);
        if (copy is null)
            throw await EndAsync(frames, DeliveryOutcome.NotStored);
        while (true)
        {
            await frames.ExpectAsync(ClockMessage.Chunk);
            if (frames.Payload.IsEmpty)
                break;
            DeliveryOutcome outcome = copy.Take(frames.Payload);
            if (outcome != DeliveryOutcome.Delivered)
                throw await EndAsync(frames, outcome);
        }
        Received = copy.Finish();
        await frames.SendAsync(PeerProtocol.WriteReceipt(frames.Room(1), Received.Value));
    }

    private RecordingCopy? TryBegin(Offer offer)
    {
        try
        {
            return new RecordingCopy(copyPath, partner.Recording, offer.IsBrotli);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Sends the receipt for a recording that is refused before its end.</summary>
    /// <returns>The exception to throw.</returns>
    private async Task<ProtocolException> EndAsync(ClockFrames frames, DeliveryOutcome outcome)
    {
        Received = outcome;
        await frames.SendAsync(PeerProtocol.WriteReceipt(frames.Room(1), outcome));
        return new ProtocolException($"the recording of client {partner.ClientId}: {FailedDelivery.Wording(outcome)}");
    }
}
