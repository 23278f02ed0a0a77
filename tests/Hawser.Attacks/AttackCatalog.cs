using Hawser.Attacks.Attacks;

namespace Hawser.Attacks;

/// <summary>Every attack there is. A trial gets one of its own.</summary>
internal static class AttackCatalog
{
    private static readonly Func<Attack>[] Makers =
    [
        () => new Slowloris(), () => new Silence(), () => new ResetFlood(), () => new Churn(), () => new Junk(),
        () => new LateJunk(), () => new StoppedReaders(), () => new PipeliningReaders(), () => new Descriptors(),
        () => new UnreadOutput(), () => new UnreadErrors(), () => new FullDisk(), () => new StalledMessage(),
        () => new SpoolGrowth(), () => new ConcurrentUploads(), () => new QuotaStorm(), () => new EmptyUploads(),
        () => new ClockFastTicks(), () => new ClockSessionChurn(), () => new ClockEmptyResults(),
        () => new ClockMassLeave(), () => new KilledClients(),
    ];

    /// <summary>New ones of all.</summary>
    public static IEnumerable<Attack> CreateAll() => Makers.Select(make => make());
}
