using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>A stream within the process keeps the contract of <see cref="Transport"/>, as TCP does.</summary>
public sealed class MemoryTransportTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(MemoryTransport.DefaultCapacity)]
    public async Task Bytes_pass_in_both_directions_to_their_ends(int capacity)
    {
        (Connection server, Connection client) = Connect(capacity);
        byte[] content = new byte[10_000];
        new Random(1).NextBytes(content);

        Task echo = EchoToEndAsync(server);
        Task<byte[]> echoed = ReadToEndAsync(client);
        await client.WriteAsync(content).AsTask().Bounded();
        await client.FinishWritingAsync();

        Assert.Equal(content, await echoed.Bounded());
        await echo.Bounded();
        Assert.Equal(content.Length, server.BytesReceived);
        Assert.Equal(content.Length, server.BytesAcknowledged);
    }

    [Fact]
    public async Task A_writer_waits_for_room_and_can_be_cancelled()
    {
        (Connection server, Connection client) = Connect(capacity: 10);
        using var cancel = new CancellationTokenSource();

        ValueTask write = client.WriteAsync(new byte[15], cancel.Token);
        Assert.False(write.IsCompleted);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await write.AsTask().Bounded());
        Assert.Equal(10, client.BytesSent);
        Assert.Equal(10, (await server.ReadAsync()).Length);
    }

    [Fact]
    public async Task A_wait_ends_at_its_deadline_on_either_clock()
    {
        var time = new FakeTime();
        (MemoryTransport ours, _) = MemoryTransport.CreatePair();
        using var connection = new Connection(ours, time);

        ValueTask<InputState> wait = connection.WaitForInputAsync(Deadline.After(TimeSpan.FromHours(1), connection.Time));
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(wait.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(InputState.TimedOut, await wait.AsTask().Bounded());
        Assert.Equal(
            InputState.TimedOut,
            await connection.WaitForInputAsync(Deadline.After(TimeSpan.FromMilliseconds(5))).AsTask().Bounded());
    }

    [Fact]
    public async Task A_close_in_order_is_an_end_and_an_abort_a_reset()
    {
        (Connection server, Connection client) = Connect();
        await client.WriteAsync("last"u8.ToArray());
        client.Dispose();
        Assert.Equal("last"u8.ToArray(), (await server.ReadAsync()).ToArray());
        Assert.True((await server.ReadAsync()).IsEmpty);
        await AssertEndsAsync(CloseReason.PeerReset, async () => await server.WriteAsync("x"u8.ToArray()));

        (server, client) = Connect();
        await client.WriteAsync("lost"u8.ToArray());
        client.Abort();
        await AssertEndsAsync(CloseReason.PeerReset, async () => await server.ReadAsync());
        await AssertEndsAsync(CloseReason.Aborted, async () => await client.ReadAsync());
    }

    [Fact]
    public async Task A_close_with_unread_input_is_a_reset_as_over_TCP()
    {
        (Connection server, Connection client) = Connect();
        await client.WriteAsync("never read"u8.ToArray());
        server.Dispose();

        await AssertEndsAsync(CloseReason.PeerReset, async () => await client.ReadAsync());
    }

    [Fact]
    public async Task A_close_without_a_half_close_can_be_turned_into_a_reset()
    {
        (Connection server, Connection client) = Connect();
        client.ResetUnlessFinished();
        client.Dispose();
        await AssertEndsAsync(CloseReason.PeerReset, async () => await server.ReadAsync());

        (server, client) = Connect();
        client.ResetUnlessFinished();
        await client.FinishWritingAsync();
        client.Dispose();
        Assert.True((await server.ReadAsync()).IsEmpty);
    }

    [Fact]
    public async Task A_waiting_call_ends_with_the_connection()
    {
        (Connection server, Connection client) = Connect(capacity: 1);
        Task<ReadOnlyMemory<byte>> read = client.ReadAsync().AsTask();
        Task write = client.WriteAsync(new byte[2]).AsTask();

        server.Abort();

        await AssertEndsAsync(CloseReason.PeerReset, () => read);
        await AssertEndsAsync(CloseReason.PeerReset, () => write);
    }

    [Fact]
    public async Task A_write_after_the_half_close_throws()
    {
        (_, Connection client) = Connect();
        await client.FinishWritingAsync();

        await Assert.ThrowsAsync<ConnectionClosedException>(() => client.WriteAsync("x"u8.ToArray()).AsTask().Bounded());
    }

    [Fact]
    public void A_capacity_is_at_least_a_byte() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryTransport.CreatePair(0));

    private static (Connection Server, Connection Client) Connect(int capacity = MemoryTransport.DefaultCapacity)
    {
        (MemoryTransport server, MemoryTransport client) = MemoryTransport.CreatePair(capacity);
        return (new Connection(server), new Connection(client));
    }

    private static async Task EchoToEndAsync(Connection connection)
    {
        await Handlers.EchoAsync(connection);
        await connection.FinishWritingAsync();
    }

    private static async Task<byte[]> ReadToEndAsync(Connection connection)
    {
        using var all = new MemoryStream();
        while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            all.Write(bytes.Span);
        return all.ToArray();
    }

    private static async Task AssertEndsAsync(CloseReason reason, Func<Task> call)
    {
        ConnectionClosedException closed =
            await Assert.ThrowsAsync<ConnectionClosedException>(() => call().Bounded());
        Assert.Equal(reason, closed.Reason);
    }
}
