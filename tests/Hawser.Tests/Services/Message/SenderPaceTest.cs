using Hawser.Services.Message;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Services.Message;

public sealed class SenderPaceTest
{
    private const int Looks = 10;

    [Fact]
    public void Looks_restart_when_a_new_wait_begins()
    {
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        using var connection = new Connection(end);
        using var peer = new Connection(other);
        var pace = new SenderPace(connection);

        foreach (long first in (long[])[1, 100])
        {
            for (int look = 0; look < Looks; look++)
                Assert.Equal(SenderPace.Verdict.Keeps, Look(pace, first + look));
        }
        Assert.Equal(SenderPace.Verdict.Stalls, Look(pace, 100 + Looks));
    }

    [Fact]
    public void Looks_while_the_server_is_not_ready_neither_count_nor_restart()
    {
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        using var connection = new Connection(end);
        using var peer = new Connection(other);
        var pace = new SenderPace(connection);

        for (int look = 1; look < 2 * Looks; look++)
            Assert.Equal(SenderPace.Verdict.Keeps, Look(pace, look, isReady: look % 2 == 0));
        Assert.Equal(SenderPace.Verdict.Stalls, Look(pace, 2 * Looks));
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(100, false)]
    public async Task The_minimum_rate_applies_to_a_full_window_of_ten_looks(int bytesPerLook, bool isTooSlow)
    {
        (MemoryTransport end, MemoryTransport other) = MemoryTransport.CreatePair();
        using var connection = new Connection(end);
        using var peer = new Connection(other);
        var pace = new SenderPace(connection);
        Assert.Equal(SenderPace.Verdict.Keeps, pace.Look(1, isReady: true, Looks, 100 * Looks));
        for (int look = 2; look <= Looks + 1; look++)
        {
            await peer.WriteAsync(new byte[bytesPerLook]);
            await connection.ReadAsync();
            Assert.Equal(
                isTooSlow && look > Looks ? SenderPace.Verdict.TooSlow : SenderPace.Verdict.Keeps,
                pace.Look(look, isReady: true, Looks, 100 * Looks));
        }
    }

    private static SenderPace.Verdict Look(SenderPace pace, long look, bool isReady = true) =>
        pace.Look(look, isReady, Looks, bytesPerWindow: 0);
}
