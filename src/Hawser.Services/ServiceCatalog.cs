using Hawser.Services.Clock;
using Hawser.Services.Message;
using Hawser.Services.Numbers;
using Hawser.Services.Ping;
using Hawser.Services.Upload;

namespace Hawser.Services;

/// <summary>The list of services. A new one is one folder and one line here.</summary>
public static class ServiceCatalog
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Service> All { get; } =
    [
        new PingService(),
        new MessageService(),
        new UploadService(),
        new NumbersService(),
        new ClockService(),
    ];
}
