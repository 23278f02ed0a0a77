using Hawser.Native;

namespace Hawser.EventLoops;

/// <summary>Selects the <see cref="IPoller"/> of this platform.</summary>
internal static class Pollers
{
    /// <summary>The poller with nanosecond deadlines, or else the portable one.</summary>
    public static IPoller Best() => Platform.IsLinux ? new EpollPoller() : new SelectPoller();
}
