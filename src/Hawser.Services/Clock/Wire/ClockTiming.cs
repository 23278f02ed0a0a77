namespace Hawser.Services.Clock.Wire;

/// <summary>The timeouts of the clock's servers, clients and peers. Every wait has one.</summary>
internal static class ClockTiming
{
    /// <summary>The shortest lease: 5 s.</summary>
    public static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a client may take for the swap: a day.</summary>
    public static readonly TimeSpan LongestSwap = TimeSpan.FromDays(1);

    /// <summary>How long a client waits for any answer that is not a tick's: 10 s.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    /// <summary>The least that a client waits, beyond its own stay, for the others to be done recording: a
    /// minute.</summary>
    public static readonly TimeSpan ShortestPatience = TimeSpan.FromMinutes(1);

    /// <summary>How long after its last interval a client waits for replies under way: 2 s.</summary>
    public static readonly TimeSpan LastReplyPatience = TimeSpan.FromSeconds(2);

    /// <summary>Between two questions for the roster: 100 ms.</summary>
    public static readonly TimeSpan AlivePeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a peer may take to be connected to: 5 s.</summary>
    public static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long one who calls may wait in a peer's line: 25 s.</summary>
    public static readonly TimeSpan TurnPatience = TimeSpan.FromSeconds(25);

    /// <summary>How long one who calls waits to be welcomed, longer than the line: 30 s.</summary>
    public static readonly TimeSpan WelcomePatience = TimeSpan.FromSeconds(30);

    /// <summary>When one who waits to be called first looks whether the peer still listens: after 100 ms.</summary>
    public static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);

    /// <summary>How often it looks from then on: every second.</summary>
    public static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long a meeting may move no byte: 15 s.</summary>
    public static readonly TimeSpan MeetingStall = TimeSpan.FromSeconds(15);

    /// <summary>How long the connection to the server may move no byte: 30 s.</summary>
    public static readonly TimeSpan ServerStall = TimeSpan.FromSeconds(30);

    /// <summary>The pace of Alive: a hundred per second, and a hundred more at once.</summary>
    public static readonly TimeSpan AlivePace = TimeSpan.FromMilliseconds(10);

    /// <summary>How early a tick may come, by which the first ones may come together: 100 ms.</summary>
    public static readonly TimeSpan TickSlack = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a client may be silent: three intervals, and at least <see cref="ShortestLease"/>.</summary>
    public static TimeSpan LeaseOf(Hello hello)
    {
        TimeSpan three = FromNanoseconds(3 * hello.IntervalNs);
        return three > ShortestLease ? three : ShortestLease;
    }

    /// <summary>How long a client may take to be done: its duration and a lease for each end of it.</summary>
    public static TimeSpan StayOf(Hello hello) => FromNanoseconds(hello.DurationNs) + (2 * LeaseOf(hello));

    /// <summary>How long a connection with ticks of that interval may move no byte: 30 s, or three intervals.</summary>
    public static TimeSpan StallOf(TimeSpan interval) => 3 * interval > ServerStall ? 3 * interval : ServerStall;

    /// <summary>How long a client waits for the others, beyond its own stay: its duration, and at least
    /// <see cref="ShortestPatience"/>. The end of a session is half of that beyond its first client's stay.</summary>
    public static TimeSpan PatienceOf(long durationNs)
    {
        TimeSpan duration = FromNanoseconds(durationNs);
        return duration > ShortestPatience ? duration : ShortestPatience;
    }

    /// <summary>How long a client waits for the roster from the moment at which it is done.</summary>
    public static TimeSpan RosterPatienceOf(Hello hello) =>
        PatienceOf(hello.DurationNs) + (2 * LeaseOf(hello)) + AnswerPatience;

    /// <summary>The longest session that a client joins: the others' recordings may be as long.</summary>
    public static long LongestSessionNs(Hello hello) =>
        4 * ToNanoseconds(PatienceOf(hello.DurationNs) + (2 * LeaseOf(hello)));

    /// <summary>The most ticks that a peer in the same session can have.</summary>
    public static long MostPeerTicks(Hello hello) =>
        Math.Min(ClockLimits.Ticks, LongestSessionNs(hello) / ClockLimits.ShortestIntervalNs);

    /// <summary>The longest that two peers may need for recordings of so many bytes: 15 s, and 64 KiB/s.</summary>
    public static TimeSpan MeetingOf(long bytes) => TimeSpan.FromSeconds(15 + (bytes / 65_536));

    /// <summary>How long one who is to be called waits for it, while the peer may be with another: the line, the
    /// welcome, and a meeting.</summary>
    public static TimeSpan CallPatienceOf(long bytes) => TurnPatience + WelcomePatience + MeetingOf(bytes);

    /// <summary>The longest that a whole swap may take: 2 min, and for each peer a second and 64 KiB/s.</summary>
    public static TimeSpan SwapOf(int peers, long bytes) => TimeSpan.FromSeconds(120 + peers + (bytes / 65_536));

    public static TimeSpan FromNanoseconds(long ns) =>
        TimeSpan.FromTicks((ns + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);

    public static long ToNanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
