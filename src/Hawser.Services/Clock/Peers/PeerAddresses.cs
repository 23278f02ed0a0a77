using System.Net;
using System.Net.Sockets;

namespace Hawser.Services.Clock.Peers;

/// <summary>
/// Which addresses of a roster a client connects to. Addresses come from the server, which has seen the members connect
/// from them. One that could not have reached the server is a lie: a loopback address reaches a loopback address alone,
/// a private one (RFC 1918, RFC 6598, RFC 4193) no public one. So a server on the Internet cannot point its clients at
/// each other's local networks.
/// </summary>
/// <param name="server">The address at which the client has reached the server.</param>
/// <param name="networks">If given, the only networks to connect to, whatever the server's address.</param>
internal sealed class PeerAddresses(IPAddress server, IReadOnlyList<IPNetwork>? networks)
{
    private static readonly (IPNetwork Network, Reach Reach)[] Special =
    [
        .. Of(Reach.None, "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8"),
        .. Of(Reach.Host, "127.0.0.0/8", "::1/128"),
        .. Of(Reach.Link, "169.254.0.0/16", "fe80::/10"),
        .. Of(Reach.Site, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    ];

    private enum Reach
    {
        None,
        World,
        Site,
        Link,
        Host,
    }

    /// <summary>Whether a peer may be connected to.</summary>
    public bool Allow(IPAddress peer)
    {
        IPAddress address = Unmapped(peer);
        if (networks is not null)
            return networks.Any(network => network.Contains(address));
        Reach reach = ReachOf(address);
        return reach != Reach.None && reach <= ReachOf(Unmapped(server));
    }

    /// <summary>Networks as <c>--peer-networks</c> has them: <c>10.0.0.0/8,fd00::/8</c>.</summary>
    /// <exception cref="FormatException">It is not that.</exception>
    public static IReadOnlyList<IPNetwork> Parse(string text) =>
    [
        .. text.Split(',').Select(part => IPNetwork.TryParse(part, out IPNetwork network)
            ? network
            : throw new FormatException(
                $"--peer-networks: '{part}' is not a network; write it like 10.0.0.0/8 or fd00::/8")),
    ];

    private static Reach ReachOf(IPAddress address)
    {
        foreach ((IPNetwork network, Reach reach) in Special)
        {
            if (network.Contains(address))
                return reach;
        }

        return Reach.World;
    }

    private static IEnumerable<(IPNetwork Network, Reach Reach)> Of(Reach reach, params string[] networks) =>
        networks.Select(network => (IPNetwork.Parse(network), reach));

    private static IPAddress Unmapped(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes())
        : address;
}
