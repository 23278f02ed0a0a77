using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Hawser.Tests.Support;

/// <summary>A name with two addresses, ::1 and 127.0.0.1, and one port, bound at both to reserve it.
/// An address refuses until it listens.</summary>
internal sealed class LoopbackName : IDisposable
{
    private readonly List<Socket> _fillers = [];

    public LoopbackName()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "needs ::1");
        for (int attempt = 0; ; attempt++)
        {
            V6 = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = false };
            V4 = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                V6.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
                V4.Bind(new IPEndPoint(IPAddress.Loopback, Port));
                return;
            }
            catch (SocketException e)
            {
                Dispose();
                Assert.SkipWhen(e.SocketErrorCode == SocketError.AddressNotAvailable, "needs ::1");
                // The port may be taken at the other address.
                if (attempt == 20)
                    throw;
            }
        }
    }

    public Socket V6 { get; }

    public Socket V4 { get; }

    public int Port => ((IPEndPoint)V6.LocalEndPoint!).Port;

    /// <summary>What to dial, with <see cref="ResolveAsync"/>.</summary>
    public DnsEndPoint Target => new("both.test", Port);

    /// <summary>IPv6 first, as resolvers do.</summary>
    public static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel) =>
        Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback, IPAddress.Loopback]);

    /// <summary>Makes an address fall silent: with its backlog full, Linux drops every SYN.</summary>
    public async Task SilenceAsync(Socket listener)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only here a full backlog is silence");
        listener.Listen(0);
        // The first fills the only place. The others fill places that a late acknowledgement left free.
        for (int i = 0; i < 3; i++)
        {
            var filler = new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _fillers.Add(filler);
            Task connecting = filler.ConnectAsync(listener.LocalEndPoint!);
            if (i == 0)
                await connecting.Bounded();
            else
                _ = connecting.ContinueWith(ended => _ = ended.Exception);
        }
    }

    public void Dispose()
    {
        foreach (Socket socket in (Socket[])[V6, V4, .. _fillers])
            socket.Dispose();
    }
}
