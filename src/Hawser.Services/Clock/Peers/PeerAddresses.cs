using System.Net;
using System.Net.Sockets;
using Hawser.Limits;

namespace Hawser.Services.Clock.Peers;

/// <summary>Decides which addresses of a roster a client connects to. The server reports the addresses from which
/// members connected. An address that could not have reached the server is refused: a loopback address reaches only
/// loopback addresses, and a private one (RFC 1918, RFC 6598, RFC 4193) no public one. A server on the Internet thus
/// cannot direct its clients to each other's local networks.</summary>
/// <param name="server">The server's address, as the client connected to it.</param>
/// <param name="networks">The only networks to connect to, whatever the server's address; null for the rule
/// above.</param>
internal sealed class PeerAddresses(IPAddress server, AddressList? networks)
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

    /// <summary>Whether to connect to a peer at this address.</summary>
    public bool Allow(IPAddress peer)
    {
        IPAddress address = Unmapped(peer);
        if (networks is not null)
            return networks.Contains(address);
        Reach reach = ReachOf(address);
        return reach != Reach.None && reach <= ReachOf(Unmapped(server));
    }

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
