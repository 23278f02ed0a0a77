using System.Net.Sockets;
using System.Runtime.Versioning;
using Hawser.EventLoops;
using Xunit;

namespace Hawser.Tests.Engine;

[SupportedOSPlatform("linux")]
public sealed class EpollPollerTest
{
    [Fact]
    public void A_socket_refused_by_the_kernel_takes_no_slot()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs epoll");
        using var poller = new EpollPoller();
        using Socket first = Create();
        var watched = new Silent(first);
        poller.Add(watched);

        // The kernel refuses a socket that it watches already (EEXIST).
        var again = new Silent(first);
        for (int i = 0; i < 100; i++)
            Assert.ThrowsAny<SocketException>(() => poller.Add(again));

        using Socket second = Create();
        var next = new Silent(second);
        poller.Add(next);
        Assert.Equal(-1, again.Slot);
        Assert.Equal(watched.Slot + 1, next.Slot);
        Assert.Equal([watched, next], poller.Watched);
    }

    private static Socket Create() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    private sealed class Silent(Socket socket) : Pollable(socket)
    {
        public override bool WantsInput => false;

        public override bool WantsRoom => false;

        public override void OnReady(bool input, bool room, bool hidesMore)
        {
        }

        public override void OnLoopEnded()
        {
        }
    }
}
