using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Hawser.Connections;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>How a connection ends after its handler has returned, in virtual time.</summary>
public sealed class LingeringCloseTest : IDisposable
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly FakeTime _time = new();
    private readonly Connection _server;
    private readonly Connection _client;

    public LingeringCloseTest()
    {
        (MemoryTransport ours, MemoryTransport theirs) = MemoryTransport.CreatePair();
        (_server, _client) = (new Connection(ours, _time), new Connection(theirs));
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task It_half_closes_and_discards_input_up_to_the_peers_end()
    {
        Task close = CloseAsync();

        Assert.True((await _client.ReadAsync()).IsEmpty);
        await _client.WriteAsync(new byte[1_000_000]).AsTask().Bounded();
        Assert.False(close.IsCompleted);
        await _client.FinishWritingAsync();
        await close.Bounded();
        Assert.Equal(1_000_000, _server.BytesReceived);
    }

    [Fact]
    public async Task It_waits_for_the_linger_time_and_no_longer()
    {
        Task close = CloseAsync();

        Assert.Equal([Linger], _time.Pending);
        _time.Advance(Linger - TimeSpan.FromTicks(1));
        Assert.False(close.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await close.Bounded();
    }

    [Fact]
    public async Task A_timeout_ends_the_stream_in_order()
    {
        _server.Interrupt(CloseReason.IdleTimeout);

        Task close = CloseAsync();

        Assert.True((await _client.ReadAsync().AsTask().Bounded()).IsEmpty);
        await _client.FinishWritingAsync();
        await close.Bounded();
    }

    [Fact]
    public async Task A_connection_that_is_to_be_reset_is_not_finished_first()
    {
        _server.Interrupt(CloseReason.DrainTimeout);

        await CloseAsync().Bounded();

        Assert.False(_client.ReadAsync().IsCompleted);
    }

    [Fact]
    public async Task A_receive_that_the_handler_left_pending_is_not_waited_for()
    {
        ValueTask<ReadOnlyMemory<byte>> pending = _server.ReadAsync();

        await CloseAsync().Bounded();

        Assert.True((await _client.ReadAsync().AsTask().Bounded()).IsEmpty);
        _server.Dispose();
        await Assert.ThrowsAsync<ConnectionClosedException>(() => pending.AsTask().Bounded());
    }

    [Fact]
    public async Task After_a_stop_at_rest_a_peer_that_has_every_answer_is_not_waited_for()
    {
        await StopAtRestAsync();

        await CloseAsync().Bounded();
    }

    [Fact]
    public async Task After_a_stop_at_rest_a_peer_that_lacks_an_answer_is_waited_for()
    {
        await _server.WriteAsync(new byte[1]);
        await StopAtRestAsync();

        Task close = CloseAsync();

        Assert.False(close.IsCompleted);
        await _client.FinishWritingAsync();
        await close.Bounded();
    }

    [Fact]
    public async Task A_socket_is_half_closed_while_the_peer_has_not_finished()
    {
        (Connection connection, Socket peer) = await ConnectAsync();
        using (connection)
        using (peer)
        {
            Task close = LingeringClose.CloseAsync(connection, Patience.Limit).AsTask();

            Assert.Equal(0, await peer.ReceiveAsync(new byte[1]).Bounded());
            Assert.False(close.IsCompleted);
            peer.Shutdown(SocketShutdown.Send);
            await close.Bounded();
        }
    }

    [Fact]
    public async Task Output_written_after_the_peers_end_of_stream_is_delivered()
    {
        (Connection connection, Socket peer) = await ConnectAsync();
        using Socket client = peer;
        peer.Shutdown(SocketShutdown.Send);
        Assert.True((await connection.ReadAsync().AsTask().Bounded()).IsEmpty);
        connection.Output.Write("late"u8);

        await LingeringClose.CloseAsync(connection, Linger).AsTask().Bounded();
        connection.Dispose();

        byte[] received = new byte[5];
        Assert.Equal(4, await peer.ReceiveAsync(received).Bounded());
        Assert.Equal(0, await peer.ReceiveAsync(received).Bounded());
    }

    private static async Task<(Connection Connection, Socket Peer)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Connection connection = await Dialer.ConnectAsync(listener.LocalEndpoint, Patience.Limit);
        return (connection, await listener.AcceptSocketAsync().Bounded());
    }

    private Task CloseAsync() => LingeringClose.CloseAsync(_server, Linger).AsTask();

    private async Task StopAtRestAsync()
    {
        _server.Stop();
        Assert.Equal(InputState.Stopping, await _server.WaitForInputAsync());
    }
}
