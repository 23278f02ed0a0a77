using System.Net;
using Hawser.Limits;
using Hawser.Services.Clock.Peers;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class PeerAddressesTest
{
    [Theory]
    [InlineData("198.51.100.1", "203.0.113.7", true)]
    [InlineData("198.51.100.1", "2001:db8::1", true)]
    [InlineData("198.51.100.1", "127.0.0.1", false)]
    [InlineData("198.51.100.1", "::1", false)]
    [InlineData("198.51.100.1", "::ffff:127.0.0.1", false)]
    [InlineData("198.51.100.1", "10.1.2.3", false)]
    [InlineData("198.51.100.1", "172.31.0.1", false)]
    [InlineData("198.51.100.1", "192.168.1.1", false)]
    [InlineData("198.51.100.1", "100.64.0.1", false)]
    [InlineData("198.51.100.1", "169.254.169.254", false)]
    [InlineData("198.51.100.1", "fe80::1%3", false)]
    [InlineData("198.51.100.1", "fd00::1", false)]
    [InlineData("10.0.0.1", "10.1.2.3", true)]
    [InlineData("::ffff:10.0.0.1", "10.1.2.3", true)]
    [InlineData("10.0.0.1", "127.0.0.1", false)]
    [InlineData("10.0.0.1", "169.254.169.254", false)]
    [InlineData("10.0.0.1", "203.0.113.7", true)]
    [InlineData("fe80::1%2", "fe80::2%2", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "192.168.1.1", true)]
    [InlineData("127.0.0.1", "0.0.0.0", false)]
    [InlineData("127.0.0.1", "255.255.255.255", false)]
    [InlineData("127.0.0.1", "224.0.0.1", false)]
    [InlineData("127.0.0.1", "ff02::1", false)]
    [InlineData("127.0.0.1", "::", false)]
    public void A_peer_address_is_allowed_only_if_it_can_reach_the_server(string server, string peer, bool isAllowed) =>
        Assert.Equal(isAllowed, new PeerAddresses(IPAddress.Parse(server), null).Allow(IPAddress.Parse(peer)));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("fd00::1", true)]
    [InlineData("11.1.2.3", false)]
    [InlineData("127.0.0.1", false)]
    public void Networks_that_are_asked_for_replace_the_rule(string peer, bool isAllowed) =>
        Assert.Equal(isAllowed, new PeerAddresses(IPAddress.Loopback, AddressList.Parse("10.0.0.0/8", "fd00::/8"))
            .Allow(IPAddress.Parse(peer)));
}
