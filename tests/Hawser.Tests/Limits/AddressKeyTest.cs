using System.Net;
using Hawser.Limits;
using Xunit;

namespace Hawser.Tests.Limits;

public sealed class AddressKeyTest
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.8", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::1", "0.0.0.0", false)]
    public void IPv6_addresses_of_one_64_prefix_share_a_key(string one, string other, bool isSame) => Assert.Equal(
        isSame, AddressKey.Of(IPAddress.Parse(one)) == AddressKey.Of(IPAddress.Parse(other)));
}
