using Hawser.Hosting;

namespace Hawser.Kestrel;

/// <summary>How Kestrel's connections are served. Applies to each of Kestrel's endpoints by itself: one with two
/// addresses has two servers.</summary>
/// <remarks>Kestrel bounds requests and their time at a shutdown (<c>KestrelServerOptions.Limits</c>). The first-byte,
/// idle and drain timeouts of <see cref="EngineOptions.Limits"/> are therefore infinite. At
/// <see cref="ServerLimits.Connections"/>, default 10,000, connections wait in the kernel.</remarks>
public sealed class HawserTransportOptions : EngineOptions
{
    /// <summary>Creates the default options.</summary>
    public HawserTransportOptions() => Limits = new ServerLimits
    {
        FirstByteTimeout = Timeout.InfiniteTimeSpan,
        IdleTimeout = Timeout.InfiniteTimeSpan,
        DrainTimeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Runs requests on the thread of their connection until they first wait for something else, instead of on
    /// the thread pool. Saves two changes of thread per request. A request that computes or blocks then delays every
    /// connection of its event loop, and one that reads its body synchronously waits for itself. Default
    /// false.</summary>
    public bool UnsafePreferInlineScheduling { get; set; }

    /// <summary>Received bytes that a connection holds before it stops receiving until the application has read half of
    /// them. Default 1 MiB.</summary>
    public long MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>Unsent bytes that a connection holds before the application's writes wait. Default 64 KiB.</summary>
    public long MaxWriteBufferSize { get; set; } = 64 * 1024;
}
