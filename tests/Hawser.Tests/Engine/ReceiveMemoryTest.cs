using Hawser.Connections;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class ReceiveMemoryTest
{
    private const long Mebibyte = 1024 * 1024;

    [Fact]
    public void Up_to_4096_bytes_nothing_is_counted()
    {
        byte[] small = ReceiveMemory.Rent(4096, out int uncounted);
        byte[] large = ReceiveMemory.Rent(4097, out int counted);

        Assert.Equal((4096, 0), (small.Length, uncounted));
        // A pool without an array of 8 KiB gives one that is up to four times as large.
        Assert.InRange(large.Length, 4097, 32 * 1024);
        Assert.Equal(large.Length, counted);
        ReceiveMemory.Uncount(counted);
        ReceiveMemory.Return(large);
        ReceiveMemory.Return(small);
    }

    /// <summary>Another test may take it in between.</summary>
    [Fact]
    public void An_array_of_256_KiB_is_kept_for_the_next_one() =>
        Assert.Contains(true, Enumerable.Range(0, 100).Select(_ => ReferenceEquals(RentAndReturn(), RentAndReturn())));

    /// <summary>Other tests use it beside this one, by a little.</summary>
    [Fact]
    public void The_budget_of_large_buffers_is_a_sixteenth_of_the_heap_up_to_64_MiB()
    {
        long budget = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16, Mebibyte, 64 * Mebibyte);
        long all = 0;
        for (int counted = 1; counted > 0; all += counted)
            Assert.InRange(ReceiveMemory.RentWithinBudget(256 * 1024, out counted).Length, 4096, 256 * 1024);
        long used = ReceiveMemory.Used;
        for (long left = all; left > 0; left -= Math.Min(left, Mebibyte))
            ReceiveMemory.Uncount((int)Math.Min(left, Mebibyte));

        Assert.InRange(used, budget - 4 * Mebibyte, budget + 4 * Mebibyte);
        Assert.InRange(ReceiveMemory.Used, 0, used - all + 4 * Mebibyte);
        _ = ReceiveMemory.RentWithinBudget(256 * 1024, out int again);
        Assert.Equal(256 * 1024, again);
        ReceiveMemory.Uncount(again);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_is_over_takes_nothing_from_the_budget(bool isFault)
    {
        await using TestServer server = TestServer.Start("async", async connection =>
        {
            await connection.WriteAsync(new byte[1_000_000]);
            while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            {
                if (bytes.Length >= 32 * 1024)
                    throw new InvalidOperationException("holds a large buffer");
            }
        });
        long before = ReceiveMemory.Used;
        var clients = new List<Connection>();
        for (int i = 0; i < 64; i++)
        {
            Connection client = await Dialer.ConnectAsync(server.EndPoint, Patience.Limit);
            clients.Add(client);
            int largest = 0;
            for (int received = 0; received < 1_000_000;)
            {
                int length = (await client.ReadAsync().AsTask().Bounded()).Length;
                received += length;
                largest = Math.Max(largest, length);
            }
            Assert.InRange(largest, 8 * 1024, int.MaxValue);
            if (isFault)
                await Assert.ThrowsAsync<ConnectionClosedException>(() => WriteForeverAsync(client).Bounded());
            else
                client.Dispose();
        }
        await Patience.UntilAsync(() => server.Server.Connections == 0);
        clients.ForEach(client => client.Dispose());

        await Patience.UntilAsync(() => ReceiveMemory.Used < before + 4 * Mebibyte);
    }

    private static async Task WriteForeverAsync(Connection connection)
    {
        while (true)
            await connection.WriteAsync(new byte[64 * 1024]);
    }

    private static byte[] RentAndReturn()
    {
        byte[] rented = ReceiveMemory.Rent(256 * 1024, out int counted);
        ReceiveMemory.Uncount(counted);
        ReceiveMemory.Return(rented);
        return rented;
    }
}
