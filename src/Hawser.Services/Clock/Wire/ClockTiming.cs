namespace Hawser.Services.Clock.Wire;

/// <summary>The timeouts of the clock's servers, clients and peers. Every wait has one.</summary>
internal static class ClockTiming
{
    /// <summary>The shortest lease: 5 s.</summary>
    public static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(5);

    /// <summary>The timeout of a client's swap: a day.</summary>
    public static readonly TimeSpan LongestSwap = TimeSpan.FromDays(1);

    /// <summary>The timeout of every answer except those to ticks: 10 s.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    /// <summary>The shortest time for which a client waits, beyond its own stay, for the others to finish recording: a
    /// minute.</summary>
    public static readonly TimeSpan ShortestPatience = TimeSpan.FromMinutes(1);

    /// <summary>How long a client waits for replies after its last interval: 2 s.</summary>
    public static readonly TimeSpan LastReplyPatience = TimeSpan.FromSeconds(2);

    /// <summary>The time between two polls for the roster: 100 ms.</summary>
    public static readonly TimeSpan AlivePeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>The timeout of a connection to a peer: 5 s.</summary>
    public static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long a caller may wait in a peer's queue: 25 s.</summary>
    public static readonly TimeSpan TurnPatience = TimeSpan.FromSeconds(25);

    /// <summary>How long a caller waits for PeerWelcome, longer than the queue: 30 s.</summary>
    public static readonly TimeSpan WelcomePatience = TimeSpan.FromSeconds(30);

    /// <summary>When a waiting callee first checks that the peer still listens: after 100 ms.</summary>
    public static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);

    /// <summary>How often it checks from then on: every second.</summary>
    public static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>The timeout of a meeting without traffic: 15 s.</summary>
    public static readonly TimeSpan MeetingStall = TimeSpan.FromSeconds(15);

    /// <summary>The timeout of the connection to the server without traffic: 30 s.</summary>
    public static readonly TimeSpan ServerStall = TimeSpan.FromSeconds(30);

    /// <summary>The rate of Alive: a hundred per second, with bursts of a hundred more.</summary>
    public static readonly TimeSpan AlivePace = TimeSpan.FromMilliseconds(10);

    /// <summary>How early a tick may arrive: 100 ms. The first ones may arrive together.</summary>
    public static readonly TimeSpan TickSlack = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a client may be silent: three intervals, at least <see cref="ShortestLease"/>.</summary>
    public static TimeSpan LeaseOf(Hello hello)
    {
        TimeSpan three = FromNanoseconds(3 * hello.IntervalNs);
        return three > ShortestLease ? three : ShortestLease;
    }

    /// <summary>How long a client may take to record: its duration and a lease at each end.</summary>
    public static TimeSpan StayOf(Hello hello) => FromNanoseconds(hello.DurationNs) + (2 * LeaseOf(hello));

    /// <summary>The timeout of a connection with ticks of that interval without traffic: 30 s, or three
    /// intervals.</summary>
    public static TimeSpan StallOf(TimeSpan interval) => 3 * interval > ServerStall ? 3 * interval : ServerStall;

    /// <summary>How long a client waits for the others, beyond its own stay: its duration, at least
    /// <see cref="ShortestPatience"/>. A session ends half of that after its first client's stay.</summary>
    public static TimeSpan PatienceOf(long durationNs)
    {
        TimeSpan duration = FromNanoseconds(durationNs);
        return duration > ShortestPatience ? duration : ShortestPatience;
    }

    /// <summary>How long a client waits for the roster after its Done.</summary>
    public static TimeSpan RosterPatienceOf(Hello hello) =>
        PatienceOf(hello.DurationNs) + (2 * LeaseOf(hello)) + AnswerPatience;

    /// <summary>The longest session that a client joins; the others' recordings may be as long.</summary>
    public static long LongestSessionNs(Hello hello) =>
        4 * ToNanoseconds(PatienceOf(hello.DurationNs) + (2 * LeaseOf(hello)));

    /// <summary>The limit on ticks of a peer in the same session.</summary>
    public static long MostPeerTicks(Hello hello) =>
        Math.Min(ClockLimits.Ticks, LongestSessionNs(hello) / ClockLimits.ShortestIntervalNs);

    /// <summary>The timeout of a meeting for recordings of so many bytes: 15 s plus the time at 64 KiB/s.</summary>
    public static TimeSpan MeetingOf(long bytes) => TimeSpan.FromSeconds(15 + (bytes / 65_536));

    /// <summary>How long a callee waits for a caller that may be in another meeting: the queue, the welcome and a
    /// meeting.</summary>
    public static TimeSpan CallPatienceOf(long bytes) => TurnPatience + WelcomePatience + MeetingOf(bytes);

    /// <summary>The timeout of a swap: 2 min plus, for each peer, a second and the time at 64 KiB/s.</summary>
    public static TimeSpan SwapOf(int peers, long bytes) => TimeSpan.FromSeconds(120 + peers + (bytes / 65_536));

    public static TimeSpan FromNanoseconds(long ns) =>
        TimeSpan.FromTicks((ns + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);

    public static long ToNanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
