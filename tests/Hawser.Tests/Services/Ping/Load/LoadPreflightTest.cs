using System.Net;
using System.Net.Sockets;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.Services.Ping.Load;

public sealed class LoadPreflightTest
{
    private const int TooMany = 100_000_000;

    private static readonly PingLoadOptions Small = new()
    {
        Servers = [new IPEndPoint(IPAddress.Loopback, 1)],
        Clients = 5,
    };

    public LoadPreflightTest() => Assert.SkipUnless(OperatingSystem.IsLinux(), "it looks into /proc");

    [Fact]
    public void A_small_load_meets_no_obstacle()
    {
        Assert.Empty(LoadPreflight.FindObstacles(Small));
        Assert.Empty(LoadPreflight.FindDoubts(Small));
    }

    [Fact]
    public void Too_many_clients_for_descriptors_and_ports_are_refused_with_the_remedy() => Assert.Collection(
        LoadPreflight.FindObstacles(Small with { Clients = TooMany }),
        obstacle =>
        {
            Assert.StartsWith($"{TooMany} clients need {TooMany + 100} descriptors, the limit is ", obstacle,
                StringComparison.Ordinal);
            Assert.EndsWith("raise it with 'ulimit -n'", obstacle, StringComparison.Ordinal);
        },
        obstacle =>
        {
            Assert.StartsWith($"{TooMany} connections to one address need as many local ports", obstacle,
                StringComparison.Ordinal);
            Assert.Contains("net.ipv4.ip_local_port_range", obstacle, StringComparison.Ordinal);
        });

    [Fact]
    public void Ports_are_counted_for_each_server_and_a_unix_socket_needs_none()
    {
        IPEndPoint[] servers = [.. Enumerable.Range(1, 60_000)
            .Select(port => new IPEndPoint(IPAddress.Loopback, port))];
        var local = new UnixDomainSocketEndPoint("socket");

        Assert.DoesNotContain(
            LoadPreflight.FindObstacles(Small with { Servers = servers, Clients = TooMany }), IsAboutPorts);
        Assert.DoesNotContain(
            LoadPreflight.FindObstacles(Small with { Servers = [local], Clients = TooMany }), IsAboutPorts);
    }

    [Fact]
    public void A_burst_of_connections_is_warned_of_and_a_ramp_is_not()
    {
        PingLoadOptions burst = Small with { Clients = TooMany };

        Assert.Contains("spread them with --ramp", Assert.Single(LoadPreflight.FindDoubts(burst)),
            StringComparison.Ordinal);
        Assert.Empty(LoadPreflight.FindDoubts(burst with { Ramp = TimeSpan.FromSeconds(1) }));
    }

    private static bool IsAboutPorts(string obstacle) => obstacle.Contains("local ports", StringComparison.Ordinal);
}
