using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>What a blocking dial promises of its socket.</summary>
public sealed class BlockingDialTest : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public BlockingDialTest()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void The_kernel_blocks_its_calls()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using Socket socket = Dial();

        string flags = File.ReadLines($"/proc/self/fdinfo/{socket.SafeHandle.DangerousGetHandle()}")
            .First(line => line.StartsWith("flags:", StringComparison.Ordinal))["flags:".Length..].Trim();

        const int NonBlocking = 0x800;
        Assert.True(socket.Blocking);
        Assert.Equal(0, Convert.ToInt32(flags, fromBase: 8) & NonBlocking);
    }

    [Fact]
    public void A_blocking_dialed_socket_can_be_made_non_blocking()
    {
        using Socket socket = Dial();

        socket.Blocking = false;
        socket.Receive(new byte[1], SocketFlags.None, out SocketError error);

        Assert.Equal(SocketError.WouldBlock, error);
    }

    [Fact]
    public void The_socket_engine_of_NET_does_not_watch_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using Socket socket = Dial();
        using Socket accepted = _listener.Accept();
        accepted.Send("x"u8);
        Assert.Equal(1, socket.Receive(new byte[1]));
        string link = new FileInfo($"/proc/self/fd/{socket.SafeHandle.DangerousGetHandle()}").LinkTarget!;
        long inode = long.Parse(link["socket:[".Length..^1], CultureInfo.InvariantCulture);

        Assert.DoesNotContain(WatchedLines(), line => line.Contains($"ino:{inode:x} ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_blocking_dialed_socket_knows_both_endpoints()
    {
        using Socket socket = Dial();
        using Socket accepted = _listener.Accept();

        Assert.True(socket.Connected);
        Assert.Equal(_listener.LocalEndPoint, socket.RemoteEndPoint);
        Assert.Equal(accepted.RemoteEndPoint, socket.LocalEndPoint);
        Assert.True(socket.NoDelay);
    }

    private Socket Dial() =>
        Dialer.ConnectSocket(_listener.LocalEndPoint!, new DialOptions { Timeout = Patience.Limit });

    /// <summary>proc_pid_fdinfo(5): a line for each descriptor that an epoll instance of the process watches.</summary>
    private static List<string> WatchedLines()
    {
        var lines = new List<string>();
        foreach (string path in Directory.EnumerateFiles("/proc/self/fd"))
        {
            try
            {
                if (new FileInfo(path).LinkTarget == "anon_inode:[eventpoll]")
                    lines.AddRange(File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(path)}"));
            }
            catch (IOException)
            {
                // Another test has closed it meanwhile.
            }
        }
        return lines;
    }
}
