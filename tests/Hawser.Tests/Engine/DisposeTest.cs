using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>A client that closes with a read pending ends its stream in order: what it has written arrives.</summary>
public sealed class DisposeTest : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public DisposeTest()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Dispose_after_a_timed_out_wait_delivers_the_last_write()
    {
        Connection client = await Dialer.ConnectAsync(_listener.LocalEndPoint!, Patience.Limit);
        using Socket peer = _listener.Accept();
        Assert.Equal(
            InputState.TimedOut, await client.WaitForInputAsync(Deadline.After(TimeSpan.FromMilliseconds(100))));

        await AssertLastWriteArrivesAsync(client, peer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_during_a_read_delivers_the_last_write_and_fails_the_read(bool isBlocking)
    {
        EndPoint where = _listener.LocalEndPoint!;
        Connection client = isBlocking
            ? Dialer.Connect(where, Patience.Limit)
            : await Dialer.ConnectAsync(where, Patience.Limit);
        using Socket peer = _listener.Accept();
        Task reading = Task.Factory.StartNew(
            () => client.ReadAsync().AsTask(), TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        await Patience.UntilAsync(() => client.IsReceiving);

        await AssertLastWriteArrivesAsync(client, peer);

        await Assert.ThrowsAsync<ConnectionClosedException>(() => reading.Bounded());
    }

    private static async Task AssertLastWriteArrivesAsync(Connection client, Socket peer)
    {
        await client.WriteAsync(new byte[100_000]);
        client.Dispose();

        byte[] received = new byte[200_000];
        int count = 0;
        while (await peer.ReceiveAsync(received.AsMemory(count)).AsTask().Bounded() is > 0 and var more)
            count += more;
        Assert.Equal(100_000, count);
    }
}
