using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Wire;

/// <summary>Limits and timeouts of the clock's protocols, as docs/protocols.md specifies them.</summary>
public sealed class ClockTimingTest
{
    [Fact]
    public void The_limits_are_those_of_the_specification()
    {
        Assert.Equal(1_000_000, ClockLimits.ShortestIntervalNs);
        Assert.Equal(60_000_000_000, ClockLimits.LongestIntervalNs);
        Assert.Equal(86_400_000_000_000, ClockLimits.LongestDurationNs);
        Assert.Equal((100u, 3_600_000u), (ClockLimits.ShortestLeaseMs, ClockLimits.LongestLeaseMs));
        Assert.Equal((1024, 200, 10_000), (ClockLimits.LowestPeerPort, ClockLimits.RuleBytes, ClockLimits.Clients));
        Assert.Equal((5_000_000, 2_147_483_648), (ClockLimits.Ticks, ClockLimits.RecordingBytes));
        Assert.Equal(4_294_967_296, ClockLimits.ServerRecordingBytes);
        Assert.Equal((64, 256), (ClockLimits.RosterPageEntries, ClockLimits.ResultsPageEntries));
        Assert.Equal((50, 65_536), (ClockLimits.ListedFailures, ClockLimits.ChunkBytes));
        Assert.Equal(309 + (160 * 7), ClockLimits.LongestRecording(7));
    }

    [Fact]
    public void The_timeouts_are_those_of_the_specification()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), ClockTiming.ShortestLease);
        Assert.Equal(TimeSpan.FromDays(1), ClockTiming.LongestSwap);
        Assert.Equal(TimeSpan.FromSeconds(10), ClockTiming.AnswerPatience);
        Assert.Equal(TimeSpan.FromMinutes(1), ClockTiming.ShortestPatience);
        Assert.Equal(TimeSpan.FromSeconds(2), ClockTiming.LastReplyPatience);
        Assert.Equal(TimeSpan.FromSeconds(5), ClockTiming.ConnectPatience);
        Assert.Equal(TimeSpan.FromSeconds(25), ClockTiming.TurnPatience);
        Assert.Equal(TimeSpan.FromSeconds(30), ClockTiming.WelcomePatience);
        Assert.Equal(TimeSpan.FromSeconds(15), ClockTiming.MeetingStall);
        Assert.Equal(TimeSpan.FromMilliseconds(10), ClockTiming.AlivePace);
        Assert.Equal(TimeSpan.FromMilliseconds(100), ClockTiming.TickSlack);
    }

    [Theory]
    [InlineData(0.01, 5)]
    [InlineData(1.5, 5)]
    [InlineData(2, 6)]
    public void A_lease_is_three_intervals_and_at_least_5_s(double interval, double lease)
    {
        Hello hello = HelloOf(interval, duration: 300);

        Assert.Equal(TimeSpan.FromSeconds(lease), ClockTiming.LeaseOf(hello));
        Assert.Equal(TimeSpan.FromSeconds(300 + (2 * lease)), ClockTiming.StayOf(hello));
    }

    [Theory]
    [InlineData(0.01, 30)]
    [InlineData(9, 30)]
    [InlineData(11, 33)]
    public void Without_a_byte_the_connection_ends_after_three_intervals_and_at_least_30_s(double interval, double stall) =>
        Assert.Equal(TimeSpan.FromSeconds(stall), ClockTiming.StallOf(TimeSpan.FromSeconds(interval)));

    [Theory]
    [InlineData(300, 300)]
    [InlineData(61, 61)]
    [InlineData(1, 60)]
    public void Patience_is_the_duration_and_at_least_a_minute(double duration, double patience)
    {
        Hello hello = HelloOf(interval: 0.01, duration);

        Assert.Equal(TimeSpan.FromSeconds(patience), ClockTiming.PatienceOf(hello.DurationNs));
        Assert.Equal(TimeSpan.FromSeconds(patience + 10 + 10), ClockTiming.RosterPatienceOf(hello));
        Assert.Equal((long)(4e9 * (patience + 10)), ClockTiming.LongestSessionNs(hello));
        Assert.Equal((long)(4e3 * (patience + 10)), ClockTiming.MostPeerTicks(hello));
    }

    [Fact]
    public void A_peer_has_no_more_ticks_than_a_recording_may_have() =>
        Assert.Equal(5_000_000, ClockTiming.MostPeerTicks(HelloOf(0.1, 86_400)));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(65_535, 0)]
    [InlineData(65_536, 1)]
    [InlineData(655_360, 10)]
    public void Time_for_recordings_is_a_second_per_64_KiB(long bytes, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(15 + seconds), ClockTiming.MeetingOf(bytes));
        Assert.Equal(TimeSpan.FromSeconds(55 + 15 + seconds), ClockTiming.CallPatienceOf(bytes));
        Assert.Equal(TimeSpan.FromSeconds(120 + 3 + seconds), ClockTiming.SwapOf(3, bytes));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    public void Nanoseconds_are_rounded_up_to_ticks(long ns, long ticks) =>
        Assert.Equal(TimeSpan.FromTicks(ticks), ClockTiming.FromNanoseconds(ns));

    [Fact]
    public void A_tick_has_100_nanoseconds() => Assert.Equal(700, ClockTiming.ToNanoseconds(TimeSpan.FromTicks(7)));

    private static Hello HelloOf(double interval, double duration) =>
        new(ClockAbilities.None, 0, (long)(1e9 * interval), (long)(1e9 * duration), SessionKey.Of(null));
}
