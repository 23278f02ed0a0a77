using System.Net;
using Hawser.Limits;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Limits;

public sealed class AddressListTest
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.1.2.3", true)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "192.0.2.7", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("2001:db8::1/128", "2001:db8::2", false)]
    public void A_network_contains_its_addresses(string network, string address, bool isContained) =>
        Assert.Equal(isContained, AddressList.Parse(network).Contains(IPAddress.Parse(address)));

    [Fact]
    public void An_address_is_looked_up_in_every_network()
    {
        var list = AddressList.Parse("192.0.2.7", "10.0.0.0/8", "10.0.0.0/8", "2001:db8::/32", "198.51.100.0/24");

        Assert.Equal(4, list.Count);
        Assert.All(
            (string[])["192.0.2.7", "10.9.9.9", "2001:db8::9", "198.51.100.9"],
            address => Assert.True(list.Contains(IPAddress.Parse(address))));
        Assert.False(list.Contains(IPAddress.Parse("198.51.101.9")));
    }

    [Theory]
    [InlineData("nonsense", "'nonsense' is not an address or network; use 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32")]
    [InlineData("10.0.0.0/33", "'10.0.0.0/33' is not an address or network")]
    [InlineData("10.0.0.0/-1", "'10.0.0.0/-1' is not an address or network")]
    [InlineData("10.0.0.0/8/8", "'10.0.0.0/8/8' is not an address or network")]
    [InlineData("::/129", "'::/129' is not an address or network")]
    [InlineData("::ffff:10.0.0.0/95", "'::ffff:10.0.0.0/95' is not an address or network")]
    [InlineData("10.1", "'10.1' is not an address or network")]
    [InlineData("10.1.2.3/8", "'10.1.2.3/8' has bits beyond its prefix; use 10.0.0.0/8")]
    [InlineData("2001:db8::1/32", "'2001:db8::1/32' has bits beyond its prefix; use 2001:db8::/32")]
    public void Anything_else_is_refused_with_a_reason(string rule, string error) =>
        Assert.StartsWith(
            error, Assert.Throws<FormatException>(() => AddressList.Parse(rule)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_has_a_network_a_line()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("list", "# spammers\n\n192.0.2.7 # one\r\n10.0.0.0/8\n"u8.ToArray());

        var list = AddressList.Parse($"@{path}", "198.51.100.9");

        Assert.Equal(3, list.Count);
        Assert.True(list.Contains(IPAddress.Parse("10.1.1.1")));
    }

    [Fact]
    public void A_bad_file_is_an_error_that_names_the_line()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("list", "10.0.0.0/8\n10.0.0.1/8\n"u8.ToArray());

        Assert.Equal($"{path}, line 2: '10.0.0.1/8' has bits beyond its prefix; use 10.0.0.0/8",
            Assert.Throws<FormatException>(() => AddressList.Parse($"@{path}")).Message);
        Assert.Equal($"{path}.none: no such file",
            Assert.Throws<FormatException>(() => AddressList.Parse($"@{path}.none")).Message);
    }

    [Theory]
    [InlineData("pipe", "not a regular file")]
    [InlineData("device", "not a regular file")]
    [InlineData("large", "larger than 64 MiB")]
    public void A_file_that_may_not_end_is_refused(string what, string error)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs pipes and devices");
        using var folder = new TemporaryFolder();
        string path = folder["list"];
        if (what == "pipe")
            NamedPipe.Create(path);
        else if (what == "device")
            File.CreateSymbolicLink(path, "/dev/zero");
        else
            folder.Write("list", new byte[(64 * 1024 * 1024) + 1]);

        Assert.Equal($"{path}: {error}",
            Assert.Throws<FormatException>(() => AddressList.Parse($"@{path}")).Message);
    }

    [Fact]
    public void A_list_is_read_again_and_a_bad_file_leaves_the_old_list()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("list", "192.0.2.1\n"u8.ToArray());
        var list = AddressList.Parse("198.51.100.9", $"@{path}");
        Assert.Equal([path], list.Files);

        folder.Write("list", "192.0.2.2\n"u8.ToArray());
        list.Reload();
        Assert.True(list.Contains(IPAddress.Parse("192.0.2.2")));
        Assert.True(list.Contains(IPAddress.Parse("198.51.100.9")));
        Assert.False(list.Contains(IPAddress.Parse("192.0.2.1")));

        folder.Write("list", "nonsense"u8.ToArray());
        Assert.StartsWith($"{path}, line 1: 'nonsense' is not",
            Assert.Throws<FormatException>(list.Reload).Message, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Equal($"{path}: no such file", Assert.Throws<FormatException>(list.Reload).Message);
        Assert.True(list.Contains(IPAddress.Parse("192.0.2.2")));
    }
}
