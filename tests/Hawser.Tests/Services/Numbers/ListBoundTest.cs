using System.Net;
using System.Text;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class ListBoundTest
{
    private static readonly NumbersClientOptions Options = new()
    {
        Server = new IPEndPoint(IPAddress.Loopback, 1),
        Folder = "",
        IdleTimeout = TimeSpan.FromSeconds(10),
        MinBytesPerSecond = 100,
    };

    [Fact]
    public void A_server_at_the_minimum_rate_is_fast_enough_and_one_byte_less_is_too_slow()
    {
        var bound = new ListBound(Options);
        bound.CheckRate(999, TimeSpan.FromSeconds(9.99));
        bound.CheckRate(1, TimeSpan.FromSeconds(0.01));

        bound.CheckRate(998, TimeSpan.FromSeconds(9.99));
        IOException e = Assert.Throws<IOException>(() => bound.CheckRate(1, TimeSpan.FromSeconds(0.01)));

        Assert.Equal(
            "the server is too slow: 999 B in 10 s, where at least 100 B per second are required", e.Message);
    }

    [Fact]
    public void A_fast_start_does_not_pay_for_a_trickle_afterwards()
    {
        var bound = new ListBound(Options);
        bound.CheckRate(1_000_000, TimeSpan.FromSeconds(10));

        Assert.Throws<IOException>(() => bound.CheckRate(1, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void The_minimum_rate_applies_to_the_whole_wait()
    {
        new ListBound(Options).CheckRate(2000, TimeSpan.FromSeconds(20));

        Assert.Throws<IOException>(() => new ListBound(Options).CheckRate(1999, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Without_an_idle_timeout_there_is_no_minimum_rate() =>
        new ListBound(Options with { IdleTimeout = Timeout.InfiniteTimeSpan }).CheckRate(1, TimeSpan.FromDays(1));

    [Theory]
    [InlineData(3, "1,2,3", null)]
    [InlineData(3, "1,2,3,", "byte 5: the list continues after 3 numbers")]
    [InlineData(1, ",", "byte 0: the list continues after 1 number")]
    [InlineData(1, "1234567890123456789012", null)]
    [InlineData(1, "12345678901234567890123", "byte 22: the list is too long for 1 number")]
    public void A_list_is_bounded_in_numbers_and_bytes_whatever_its_pieces(int count, string list, string? message)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(list);
        for (int length = 1; length <= bytes.Length; length++)
        {
            var bound = new ListBound(Options with { Count = count });
            Exception? e = Record.Exception(() =>
            {
                foreach (byte[] piece in bytes.Chunk(length))
                    bound.Check(piece);
            });
            Assert.Equal(message, (e as FormatException)?.Message);
        }
    }
}
