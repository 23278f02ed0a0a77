namespace Hawser.Services.Clock;

/// <summary>How long each side of the clock waits for what. Whoever waits gives up some day.</summary>
internal static class ClockTiming
{
    /// <summary>The shortest lease: 5 s.</summary>
    public static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a client may take for the peer exchange: a day.</summary>
    public static readonly TimeSpan LongestExchange = TimeSpan.FromDays(1);

    /// <summary>How long a client waits for any answer that is not a tick's: 10 s.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    /// <summary>How long a client waits, beyond its own duration, for the others to be done recording: an
    /// hour.</summary>
    public static readonly TimeSpan RosterPatience = TimeSpan.FromHours(1);

    /// <summary>How long after its last interval a client waits for replies under way: 2 s.</summary>
    public static readonly TimeSpan LastReplyPatience = TimeSpan.FromSeconds(2);

    /// <summary>Between two questions for the roster: 100 ms.</summary>
    public static readonly TimeSpan AlivePeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a peer may take to be connected to: 5 s.</summary>
    public static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long one who calls may wait in a peer's line: 45 s.</summary>
    public static readonly TimeSpan TurnPatience = TimeSpan.FromSeconds(45);

    /// <summary>How long one who calls waits to be welcomed, longer than the line: 60 s.</summary>
    public static readonly TimeSpan WelcomePatience = TimeSpan.FromSeconds(60);

    /// <summary>How long one who is to be called waits for it: 90 s.</summary>
    public static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(90);

    /// <summary>When one who waits to be called first looks whether the peer still listens: after 100 ms.</summary>
    public static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);

    /// <summary>How often it looks from then on: every second.</summary>
    public static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long a meeting may move no byte: 30 s.</summary>
    public static readonly TimeSpan MeetingStall = TimeSpan.FromSeconds(30);

    /// <summary>How long a client may be silent: three intervals, and at least <see cref="ShortestLease"/>.</summary>
    public static TimeSpan LeaseOf(Hello hello)
    {
        TimeSpan three = FromNanoseconds(3 * hello.IntervalNs);
        return three > ShortestLease ? three : ShortestLease;
    }

    /// <summary>How long a client may take to be done: its duration and a lease for each end of it.</summary>
    public static TimeSpan StayOf(Hello hello) => FromNanoseconds(hello.DurationNs) + (2 * LeaseOf(hello));

    /// <summary>How long a connection with ticks of that interval may move no byte: 30 s, or three intervals.</summary>
    public static TimeSpan StallOf(TimeSpan interval) => 3 * interval > MeetingStall ? 3 * interval : MeetingStall;

    /// <summary>The longest that two peers may need for recordings of so many bytes: a minute, and 64 KiB/s.</summary>
    public static TimeSpan MeetingOf(long bytes) => TimeSpan.FromSeconds(60 + (bytes / 65_536));

    public static TimeSpan FromNanoseconds(long ns) =>
        TimeSpan.FromTicks((ns + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);

    public static long ToNanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
