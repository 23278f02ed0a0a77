using Hawser.Native;

namespace Hawser.EventLoops;

/// <summary>Which <see cref="IPoller"/> this platform has.</summary>
internal static class Pollers
{
    /// <summary>The one with nanosecond deadlines where there is one, else the portable one.</summary>
    public static IPoller Best() => Platform.IsLinux ? new EpollPoller() : new SelectPoller();
}
