using System.Diagnostics.CodeAnalysis;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;

namespace Hawser.Services.Clock.Peers;

/// <summary>One client's swap of recordings: plays its rounds, one meeting at a time, as caller or as callee.
/// Thread-safe: calls arrive on threads of their own.</summary>
/// <remarks>A client meets one peer at a time. A caller keeps its own turn while it waits for the callee's. Callers
/// wait only for clients further up the roster, so that no cycle of waits can form.</remarks>
internal sealed class PeerSwap : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<uint> _calling = [];
    private readonly Dictionary<uint, SemaphoreSlim> _calls;
    private readonly RosterReceiver _roster;
    private readonly PeerAgenda _agenda;
    private readonly OwnRecording _own;
    private readonly string _folder;
    private readonly uint _id;

    /// <param name="id">This client's id.</param>
    /// <param name="roster">The roster, including this client.</param>
    /// <param name="own">The recording to send.</param>
    /// <param name="folder">The parent folder of the received recordings.</param>
    public PeerSwap(uint id, RosterReceiver roster, OwnRecording own, string folder)
    {
        int me = roster.PlaceOf(id);
        (_id, _roster, _own, _folder) = (id, roster, own, folder);
        _agenda = new PeerAgenda(roster.Entries, me);
        _calls = roster.Entries.Take(me).ToDictionary(entry => entry.ClientId, _ => new SemaphoreSlim(0));
    }

    /// <summary>The rule for addresses to connect to.</summary>
    public required PeerAddresses Addresses { get; init; }

    /// <summary>The size limit of a peer's recording, in bytes.</summary>
    public required long LongestRecording { get; init; }

    /// <summary>Whether a greeting has the caller's token; compares in constant time.</summary>
    public bool Knows(PeerHello hello) => PairToken.Of(_roster.Key, hello.From).Call.Equals(hello.Token);

    /// <summary>Plays until the end of the tournament, its timeout, or <paramref name="asked"/>. Never throws because
    /// of a peer.</summary>
    public async Task PlayAsync(CancellationToken asked)
    {
        long bytes = _roster.Entries.Sum(
            entry => _own.Digest.Bytes + Math.Min(entry.Recording.Bytes, LongestRecording));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(asked);
        end.CancelAfter(Shorter(ClockTiming.SwapOf(_roster.Entries.Count, bytes), ClockTiming.LongestSwap));
        CancellationToken leave = end.Token;
        try
        {
            while (TryNext(out RosterEntry? partner, out bool connects))
            {
                leave.ThrowIfCancellationRequested();
                if (connects)
                    await CallAsync(partner, leave);
                else
                    await WaitForCallAsync(partner, leave);
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // The recordings received so far are kept.
        }
    }

    /// <summary>Serves a caller that has proved to be a peer.</summary>
    public async Task AnswerAsync(Connection connection, ClockFrames frames, PeerHello hello)
    {
        if (Expected(hello) is not { } partner)
        {
            await RefuseAsync(frames, RefusalReason.NoSuchRecording);
            return;
        }
        if (!TryBeginCall(hello.From))
        {
            await RefuseAsync(frames, RefusalReason.Busy);
            return;
        }
        bool isItsTurn = await _turn.WaitAsync(ClockTiming.TurnPatience);
        EndCall(hello.From);
        if (!isItsTurn)
        {
            await RefuseAsync(frames, RefusalReason.Busy);
            return;
        }
        try
        {
            // The peer may have called twice and been served while this call waited.
            if (Expected(hello) is null)
                await RefuseAsync(frames, RefusalReason.NoSuchRecording);
            else
                await MeetAsync(partner, meeting => meeting.AnswerAsync(
                    connection, frames, hello, PairToken.Of(_roster.Key, hello.From).Answer));
        }
        finally
        {
            _turn.Release();
            _calls[partner.ClientId].Release();
        }
    }

    /// <summary>The results for the server.</summary>
    public IReadOnlyList<ResultsPage> Results()
    {
        lock (_gate)
            return [.. _agenda.Results()];
    }

    /// <summary>The results for people.</summary>
    public ClientDeliveries ToDeliveries()
    {
        IReadOnlyList<ResultsPage> results = Results();
        return new ClientDeliveries(results[0].Delivered, _roster.Entries.Count - 1,
            [.. results.SelectMany(page => page.Failures)
                .Select(failure => $"client {failure.From}: {FailedDelivery.Wording(failure.Outcome)}")]);
    }

    /// <summary>The time after which no peer calls.</summary>
    public void Dispose()
    {
        _turn.Dispose();
        foreach (SemaphoreSlim call in _calls.Values)
            call.Dispose();
    }

    private async Task CallAsync(RosterEntry partner, CancellationToken leave)
    {
        if (!Addresses.Allow(partner.Address.Address))
        {
            Note(partner, DeliveryOutcome.NotDialled, isGiven: false);
            return;
        }
        await _turn.WaitAsync(leave);
        try
        {
            await MeetAsync(partner, async meeting =>
            {
                await using Connection connection =
                    await Dialer.ConnectAsync(partner.Address, ClockTiming.ConnectPatience, leave);
                using CancellationTokenRegistration abort = leave.UnsafeRegister(
                    static connection => ((Connection)connection!).Abort(), connection);
                await meeting.CallAsync(connection, new PeerHello(
                    ClockAbilities.Brotli, partner.Pair.Call, _id, partner.ClientId));
            });
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Waits until the partner has called or no longer listens.</summary>
    private async Task WaitForCallAsync(RosterEntry partner, CancellationToken leave)
    {
        Deadline patience = Deadline.After(
            ClockTiming.CallPatienceOf(_own.Digest.Bytes + Math.Min(partner.Recording.Bytes, LongestRecording)));
        for (TimeSpan wait = ClockTiming.FirstLook; !patience.HasPassed; wait = ClockTiming.LookPeriod)
        {
            if (await _calls[partner.ClientId].WaitAsync(wait, leave))
                return;
            if (!await IsThereAsync(partner, leave))
            {
                Note(partner, DeliveryOutcome.Unreachable, isGiven: false);
                return;
            }
        }
        Note(partner, DeliveryOutcome.TimedOut, isGiven: false);
    }

    private async Task<bool> IsThereAsync(RosterEntry partner, CancellationToken leave)
    {
        // A peer whose address is refused may still call.
        if (!Addresses.Allow(partner.Address.Address))
            return true;
        try
        {
            await using Connection probe =
                await Dialer.ConnectAsync(partner.Address, ClockTiming.ConnectPatience, leave);
            return true;
        }
        catch (ConnectException)
        {
            return false;
        }
    }

    private async Task MeetAsync(RosterEntry partner, Func<PeerMeeting, Task> meet)
    {
        string path = TimeDataWriter.CopyPath(_folder, _id, partner.ClientId);
        var meeting = new PeerMeeting(partner, _own, path, LongestRecording, ClockTiming.MeetingStall, TimeProvider.System);
        DeliveryOutcome failure = DeliveryOutcome.CutShort;
        try
        {
            await meet(meeting);
        }
        catch (ConnectException)
        {
            failure = DeliveryOutcome.Unreachable;
        }
        catch (ConnectionClosedException e)
        {
            failure = e.Reason == CloseReason.IdleTimeout ? DeliveryOutcome.TimedOut : DeliveryOutcome.CutShort;
        }
        catch (ProtocolException e)
        {
            failure = e.Reason == CloseReason.Truncated ? DeliveryOutcome.CutShort : DeliveryOutcome.BrokenProtocol;
        }
        catch (EndOfStreamException)
        {
            failure = DeliveryOutcome.CutShort;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = DeliveryOutcome.NotStored;
        }
        Note(partner, meeting.Received ?? failure, meeting.IsGiven);
    }

    private static async Task RefuseAsync(ClockFrames frames, RefusalReason reason) =>
        await frames.SendAsync(PeerProtocol.WritePeerRefused(frames.Room(1), reason));

    private bool TryNext([NotNullWhen(true)] out RosterEntry? partner, out bool connects)
    {
        lock (_gate)
            return _agenda.TryNext(out partner, out connects);
    }

    // A member has one place in the queue, however often it calls.
    private bool TryBeginCall(uint from)
    {
        lock (_gate)
            return _calling.Add(from);
    }

    private void EndCall(uint from)
    {
        lock (_gate)
            _calling.Remove(from);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private RosterEntry? Expected(PeerHello hello)
    {
        lock (_gate)
            return _agenda.Expected(hello);
    }

    private void Note(RosterEntry partner, DeliveryOutcome received, bool isGiven)
    {
        lock (_gate)
            _agenda.Note(partner, received, isGiven);
    }
}

/// <summary>The recordings of other clients that a client received.</summary>
/// <param name="Delivered">The number received.</param>
/// <param name="Expected">The number expected.</param>
/// <param name="Missing">The missing ones, each with its reason.</param>
public sealed record ClientDeliveries(int Delivered, int Expected, IReadOnlyList<string> Missing)
{
    /// <summary>Whether all arrived.</summary>
    public bool IsComplete => Delivered == Expected;
}
