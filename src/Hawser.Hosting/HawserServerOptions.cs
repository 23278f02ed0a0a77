using System.Net;
using System.Net.Sockets;

namespace Hawser.Hosting;

/// <summary>The options of one server of a host. Its section of the configuration overrides them; see
/// <see cref="Microsoft.Extensions.DependencyInjection.HawserServiceCollectionExtensions"/>.</summary>
public sealed class HawserServerOptions : EngineOptions
{
    /// <summary>Where to listen; see <see cref="ServerOptions.EndPoints"/>.</summary>
    public IList<EndPoint> EndPoints { get; } = [];

    /// <summary>The descriptors that one connection may hold; see
    /// <see cref="IConnectionHandler.DescriptorsPerConnection"/>. Default 1.</summary>
    public int DescriptorsPerConnection { get; set; } = 1;

    /// <summary>Adds an address to <see cref="EndPoints"/>.</summary>
    /// <param name="address">Like <c>127.0.0.1:7000</c>, <c>[::]:7000</c> or <c>unix:/run/ping.sock</c>. Port 0 lets
    /// the system choose; <c>[::]</c> includes IPv4.</param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public void Listen(string address) => EndPoints.Add(Parse(address));

    private static EndPoint Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        const string unix = "unix:";
        if (address.StartsWith(unix, StringComparison.Ordinal) && address.Length > unix.Length)
            return new UnixDomainSocketEndPoint(address[unix.Length..]);
        // Without a port, IPEndPoint.TryParse would take the last group of an IPv6 address for one, or port 0.
        bool hasPort = address.LastIndexOf(':') is var colon and > 0
            && (address[colon - 1] == ']' || address.IndexOf(':', StringComparison.Ordinal) == colon);
        return hasPort && IPEndPoint.TryParse(address, out IPEndPoint? endPoint)
            ? endPoint
            : throw new FormatException(
                $"'{address}' is not an address with a port; use 127.0.0.1:7000, [::]:7000 or unix:/run/name.sock");
    }
}
