using System.Net;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Client;

/// <summary>A client after its recording: waits for the roster, swaps recordings with everyone on it, and reports the
/// results to the server.</summary>
/// <remarks>Runs on the clients' thread.</remarks>
internal sealed class ClockSessionClient(
    uint id, ClockClientOptions options, IPAddress server, ClockFrames frames, RecordingDigest recording,
    ExchangeCounts counts, CancellationToken leave)
{
    private readonly RosterReceiver _roster = new();

    /// <summary>The recordings it received; null if it took no part in a swap.</summary>
    public ClientDeliveries? Deliveries { get; private set; }

    /// <summary>The error; null if there was none.</summary>
    public string? Trouble { get; private set; }

    public async Task RunAsync(PeerListener? listener, OwnRecording own)
    {
        try
        {
            listener?.Expect();
            bool isOnRoster = await WaitForRosterAsync();
            if (listener is null)
                return;
            ClockProtocol.Rule(isOnRoster ? null : "the server has left the client out");
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            Trouble = listener is null ? null : $"client {id}: no roster: {e.Message}";
            return;
        }
        Trouble = DescribeMissing();
        var swap = new PeerSwap(id, _roster, own, options.Folder)
        {
            Addresses = new PeerAddresses(server, options.PeerNetworks),
            LongestRecording = ClockLimits.LongestRecording(2 * ClockTiming.MostPeerTicks(options.ToHello(0))),
        };
        listener.Begin(swap);
        Task playing = Task.Run(() => swap.PlayAsync(leave));
        bool isServerThere = await KeepAliveAsync(playing);
        await playing;
        Deliveries = swap.ToDeliveries();
        if (isServerThere)
            await TellAsync(swap);
    }

    /// <returns>False if this client is not on it.</returns>
    private async Task<bool> WaitForRosterAsync()
    {
        var done = new RecordingDone(recording, (uint)counts.Sent, (uint)counts.Answered, (uint)counts.Missed);
        await frames.SendAsync(ClockProtocol.WriteDone(frames.Room(ClockProtocol.DoneSize), done));
        Deadline patience = Deadline.After(ClockTiming.RosterPatienceOf(options.ToHello(0)));
        while (!patience.HasPassed && !leave.IsCancellationRequested)
        {
            await frames.AskAsync();
            if (frames.Type == ClockMessage.Goodbye)
            {
                return frames.ReadGoodbye().Reason == GoodbyeReason.Complete
                    ? false
                    : throw new ProtocolException("the server has stopped");
            }
            if (frames.Type == ClockMessage.Roster)
            {
                if (TakePage())
                    return true;
                continue;
            }
            await Task.Delay(ClockTiming.AlivePeriod);
        }
        throw new ProtocolException(leave.IsCancellationRequested
            ? "the client was stopped" : "the other clients did not finish in time");
    }

    /// <summary>The members missing from the roster; null if none are. A client that knows the number of members
    /// ignores strangers.</summary>
    private string? DescribeMissing()
    {
        int members = options.Members ?? options.Clients;
        bool knowsNumber = options.Members is not null || options.Clients > 1;
        return _roster.Entries.Count < members
            ? $"client {id}: the session has {_roster.Entries.Count} of {members} members"
            : _roster.Departed > 0 && !knowsNumber
            ? $"client {id}: {Quantity.FormatCount(_roster.Departed, "other client")} left the session without a recording"
            : null;
    }

    /// <returns>Whether it was the last page.</returns>
    private bool TakePage()
    {
        _roster.Take(RosterProtocol.ReadRoster(frames.Payload));
        if (!_roster.IsComplete)
            return false;
        int place = _roster.PlaceOf(id);
        ClockProtocol.Rule(place < 0 ? "a roster has who it is sent to"
            : _roster.Entries[place].Recording != recording ? "a roster has the recording that was announced"
            : null);
        return true;
    }

    /// <summary>Renews the lease during the swap.</summary>
    /// <returns>False if the connection to the server ended; the swap continues without it.</returns>
    private async Task<bool> KeepAliveAsync(Task playing)
    {
        try
        {
            while (await Task.WhenAny(playing, Task.Delay(ClockTiming.ShortestLease / 10)) != playing)
            {
                await frames.AskAsync();
                if (frames.Type == ClockMessage.Goodbye)
                    return false;
            }
            return true;
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            return false;
        }
    }

    private async Task TellAsync(PeerSwap swap)
    {
        try
        {
            foreach (ResultsPage page in swap.Results())
                await frames.SendAsync(RosterProtocol.WriteResults(frames.Room(RosterProtocol.LongestResults), page));
            await frames.ExpectAsync(ClockMessage.Goodbye, Deadline.After(ClockTiming.AnswerPatience));
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            // The connection broke; the received recordings are kept.
        }
    }
}
