using System.Net;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Services.Text;

namespace Hawser.Services.Clock.Server;

/// <summary>The server's side of one connection, from Welcome to Goodbye.</summary>
internal sealed class ClockConversation(
    ClockHandler server, ClockMember member, ClockFrames frames, ClockLease lease, IPEndPoint local, IPEndPoint remote)
{
    private readonly byte[] _client = TimeDataFormat.Endpoint(remote);
    private readonly byte[] _server = TimeDataFormat.Endpoint(local);
    private readonly long _ticks = member.Hello.DurationNs / member.Hello.IntervalNs;
    private readonly Pace _tickPace = PaceOf(
        server, member, ClockTiming.FromNanoseconds(member.Hello.IntervalNs), ClockTiming.TickSlack);

    private readonly Pace _alivePace = PaceOf(server, member, ClockTiming.AlivePace, 100 * ClockTiming.AlivePace);
    private long _lastTick = -1;
    private long _received;
    private bool _hasRecorded;
    private int _entriesSent;

    /// <exception cref="ProtocolException">The client broke a rule.</exception>
    public async Task RunAsync(TimeSpan leaseLength)
    {
        server.Recording.Join();
        try
        {
            await ConverseAsync(leaseLength);
        }
        finally
        {
            EndRecording();
        }
    }

    private async Task ConverseAsync(TimeSpan leaseLength)
    {
        var welcome = new Welcome(ClockAbilities.Brotli, member.Id, (uint)leaseLength.TotalMilliseconds);
        await frames.SendAsync(ClockProtocol.WriteWelcome(frames.Room(ClockProtocol.WelcomeSize), welcome));
        while (true)
        {
            InputState state = await frames.ReadAsync();
            ClockReading received = ClockReading.Now(server.Time);
            lease.Renew(received.MonotonicNs);
            if (state == InputState.Stopping)
                await frames.SendGoodbyeAsync(new Goodbye(GoodbyeReason.Stopping));
            if (state != InputState.Ready || !await AnswerAsync(received))
                return;
        }
    }

    /// <returns>False at the end of the conversation.</returns>
    private ValueTask<bool> AnswerAsync(ClockReading received) => frames.Type switch
    {
        ClockMessage.Request => AnswerTickAsync(received),
        ClockMessage.Done => TakeDone(),
        ClockMessage.Alive => AnswerAliveAsync(),
        ClockMessage.Results => TakeResultsAsync(),
        ClockMessage.Goodbye => new ValueTask<bool>(false),
        _ => throw new ProtocolException($"{frames.Type} is not for a server"),
    };

    private async ValueTask<bool> AnswerTickAsync(ClockReading received)
    {
        ExchangeRequest request = ClockProtocol.ReadRequest(frames.Payload);
        ClockProtocol.Rule(member.Done is not null ? "a client that is done sends no ticks"
            : request.Tick <= _lastTick ? $"ticks ascend, but {request.Tick} follows {_lastTick}"
            : request.Tick >= _ticks ? $"tick {request.Tick} is beyond the duration of {_ticks} ticks"
            : !_tickPace.TryTake(received.MonotonicNs)
            ? $"tick {request.Tick} comes too early: "
                + $"one every {DurationText.Short(member.Hello.IntervalNs)} was agreed"
            : null);
        _lastTick = request.Tick;
        _received++;
        ClockReading sent = ClockReading.Now(server.Time);
        var reply = new ExchangeReply(request.Tick, request.Sent, received, sent);
        await frames.SendAsync(ClockProtocol.WriteReply(frames.Room(ClockProtocol.ReplySize), reply));
        server.Recording.Append(_client, _server, reply);
        server.Exchanges?.Add(1);
        return true;
    }

    private ValueTask<bool> TakeDone()
    {
        RecordingDone done = ClockProtocol.ReadDone(frames.Payload);
        ClockProtocol.Rule(done.Sent > _received ? $"{done.Sent} ticks sent cannot be, {_received} came" : null);
        server.Register.Finish(member, done);
        EndRecording();
        server.Tell(member, done);
        // The client now waits for the others, at most until the end of the session, and then for the swap.
        long othersNs = Math.Max(0, member.Session.EndNs - ClockReading.MonotonicNow(server.Time));
        lease.Extend(ClockTiming.FromNanoseconds(othersNs) + ClockTiming.LongestSwap);
        return new ValueTask<bool>(true);
    }

    private async ValueTask<bool> AnswerAliveAsync()
    {
        IReadOnlyList<RosterEntry>? roster = server.Register.RosterOf(member);
        if (roster is null || (member.Place >= 0 && _entriesSent == roster.Count))
        {
            ClockProtocol.Rule(_alivePace.TryTake(ClockReading.MonotonicNow(server.Time))
                ? null : "Alive comes more than a hundred times a second");
            await frames.SendAsync(ClockProtocol.WriteAlive(frames.Room(0)));
            return true;
        }
        if (member.Place < 0)
        {
            await frames.SendGoodbyeAsync(new Goodbye(GoodbyeReason.Complete));
            return false;
        }

        // One page per Alive, so that a long roster delays no other client.
        RosterPage page = member.PageFrom(_entriesSent);
        await frames.SendAsync(RosterProtocol.WriteRoster(frames.Room(RosterProtocol.LongestRoster), page));
        _entriesSent += page.Entries.Count;
        if (_entriesSent == roster.Count)
            lease.Extend(ClockTiming.LongestSwap);
        return true;
    }

    private async ValueTask<bool> TakeResultsAsync()
    {
        server.Tell(server.Register.Report(member, RosterProtocol.ReadResults(frames.Payload)));
        if (member.Delivered is null)
            return true;
        await frames.SendGoodbyeAsync(new Goodbye(GoodbyeReason.Complete));
        return false;
    }

    private void EndRecording()
    {
        if (!_hasRecorded)
            server.Recording.Leave(ClockTiming.FromNanoseconds((_lastTick + 1) * member.Hello.IntervalNs));
        _hasRecorded = true;
    }

    // Ticks that the network delayed for up to two leases may arrive together; a client silent for longer has departed.
    private static Pace PaceOf(ClockHandler server, ClockMember member, TimeSpan interval, TimeSpan slack) => new(
        ClockTiming.ToNanoseconds(interval),
        ClockTiming.ToNanoseconds(slack),
        2 * ClockTiming.ToNanoseconds(ClockTiming.LeaseOf(member.Hello)),
        ClockReading.MonotonicNow(server.Time));
}
