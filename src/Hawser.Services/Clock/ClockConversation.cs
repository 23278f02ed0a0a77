using System.Net;

namespace Hawser.Services.Clock;

/// <summary>One client as its server serves it, from Welcome to Goodbye.</summary>
internal sealed class ClockConversation(
    ClockHandler server, ClockMember member, ClockFrames frames, ClockLease lease, IPEndPoint local, IPEndPoint remote)
{
    private readonly byte[] _client = TimeDataFormat.Endpoint(remote);
    private readonly byte[] _server = TimeDataFormat.Endpoint(local);
    private readonly long _ticks = member.Hello.DurationNs / member.Hello.IntervalNs;
    private long _lastTick = -1;
    private bool _hasRoster;

    public async Task RunAsync(TimeSpan leaseLength)
    {
        var welcome = new Welcome(ClockAbilities.Brotli, member.Id, (uint)leaseLength.TotalMilliseconds);
        await frames.SendAsync(ClockProtocol.WriteWelcome(frames.Room(ClockProtocol.WelcomeSize), welcome));
        while (true)
        {
            InputState state = await frames.ReadAsync();
            ClockReading received = ClockReading.Now(server.Time);
            lease.Renew(received.MonotonicNs);
            if (state == InputState.Stopping)
                await SayGoodbyeAsync(GoodbyeReason.Stopping);
            if (state != InputState.Ready || !await AnswerAsync(received))
                return;
        }
    }

    /// <returns>False when the conversation is over.</returns>
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
        ClockProtocol.TryReadRequest(frames.Payload, out ExchangeRequest request, out string? broken);
        ClockFrames.Rule(broken
            ?? (member.Done is not null ? "a client that is done sends no ticks"
                : request.Tick <= _lastTick ? $"ticks ascend, but {request.Tick} follows {_lastTick}"
                : request.Tick >= _ticks ? $"tick {request.Tick} is beyond the duration of {_ticks} ticks"
                : null));
        _lastTick = request.Tick;
        ClockReading sent = ClockReading.Now(server.Time);
        var reply = new ExchangeReply(request.Tick, request.Sent, received, sent);
        await frames.SendAsync(ClockProtocol.WriteReply(frames.Room(ClockProtocol.ReplySize), reply));
        server.Recording.Append(_client, _server, reply);
        return true;
    }

    private ValueTask<bool> TakeDone()
    {
        ClockProtocol.TryReadDone(frames.Payload, out RecordingDone done, out string? broken);
        ClockFrames.Rule(broken);
        server.Register.TryFinish(member, done, out broken);
        ClockFrames.Rule(broken);
        server.Tell(member, done);
        // What is waited for now are the others, each of whom is bounded, and then the peers.
        lease.Extend(ClockTiming.FromNanoseconds(ClockLimits.LongestDurationNs) + ClockTiming.LongestExchange);
        return new ValueTask<bool>(true);
    }

    private async ValueTask<bool> AnswerAliveAsync()
    {
        if (_hasRoster || server.Register.RosterOf(member) is not { } roster)
        {
            await frames.SendAsync(ClockProtocol.WriteAlive(frames.Room(0)));
            return true;
        }
        if (!roster.Any(entry => entry.ClientId == member.Id))
        {
            await SayGoodbyeAsync(GoodbyeReason.Complete);
            return false;
        }
        foreach (RosterPage page in RosterPage.Of(member.Session.Token, roster))
            await frames.SendAsync(RosterProtocol.WriteRoster(frames.Room(RosterProtocol.LongestRoster), page));
        _hasRoster = true;
        lease.Extend(ClockTiming.LongestExchange);
        return true;
    }

    private async ValueTask<bool> TakeResultsAsync()
    {
        RosterProtocol.TryReadResults(frames.Payload, out ResultsPage? page, out string? broken);
        ClockFrames.Rule(broken);
        server.Register.TryReport(member, page!, out SessionSummary? summary, out broken);
        ClockFrames.Rule(broken);
        server.Tell(summary);
        if (member.Delivered is null)
            return true;
        await SayGoodbyeAsync(GoodbyeReason.Complete);
        return false;
    }

    private ValueTask SayGoodbyeAsync(GoodbyeReason reason) =>
        frames.SendAsync(ClockProtocol.WriteGoodbye(frames.Room(1), reason));
}
