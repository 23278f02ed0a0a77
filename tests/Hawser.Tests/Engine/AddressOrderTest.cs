using System.Net;
using Hawser.Dialing;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class AddressOrderTest
{
    [Theory]
    [InlineData("", "")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::1 ::2 ::3", "::1 ::2 ::3")]
    [InlineData("::1 ::2 10.0.0.1 10.0.0.2", "::1 10.0.0.1 ::2 10.0.0.2")]
    [InlineData("10.0.0.1 10.0.0.2 ::1 ::2", "10.0.0.1 ::1 10.0.0.2 ::2")]
    [InlineData("::1 ::2 ::3 ::4 10.0.0.1", "::1 10.0.0.1 ::2 ::3 ::4")]
    [InlineData("10.0.0.1 ::1 ::2 ::3", "10.0.0.1 ::1 ::2 ::3")]
    [InlineData("::9 10.0.0.9 10.0.0.1 ::5", "::9 10.0.0.9 ::5 10.0.0.1")]
    public void Families_alternate_and_keep_the_resolvers_order_within(string resolved, string tried) =>
        Assert.Equal(Addresses(tried), AddressOrder.Interleave(Addresses(resolved)));

    private static IPAddress[] Addresses(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
