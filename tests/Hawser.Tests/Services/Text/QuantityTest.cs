using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Text;
using Xunit;

namespace Hawser.Tests.Services.Text;

public sealed class QuantityTest
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("100ns", 1e-7)]
    [InlineData("200us", 2e-4)]
    [InlineData("200µs", 2e-4)]
    [InlineData("10ms", 0.01)]
    [InlineData("1.5s", 1.5)]
    [InlineData(".5s", 0.5)]
    [InlineData("2m", 120)]
    [InlineData("1h", 3600)]
    [InlineData("24h", 86400)]
    public void A_duration_is_a_number_and_a_unit(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Quantity.ParseDuration(text));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("-5s")]
    [InlineData("+5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("1.2.3s")]
    [InlineData("1e3s")]
    [InlineData("5d")]
    [InlineData("never")]
    [InlineData("1000h")]
    [InlineData("99999999999999999999999999999s")]
    public void What_is_not_a_duration_is_refused_with_how_to_write_one(string text)
    {
        var refused = Assert.Throws<FormatException>(() => Quantity.ParseDuration(text));
        Assert.Contains($"'{text}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("; use 500ms, 5s or 2m", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_timeout_accepts_never()
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, Quantity.ParseTimeout("never"));
        Assert.Equal(TimeSpan.FromSeconds(5), Quantity.ParseTimeout("5s"));
        Assert.Equal(
            "'x' is not a duration; use 500ms, 5s, 2m or never",
            Assert.Throws<FormatException>(() => Quantity.ParseTimeout("x")).Message);
    }

    [Theory]
    [InlineData("500", 500)]
    [InlineData("50k", 50_000)]
    [InlineData("1.5M", 1_500_000)]
    [InlineData(".5", 0.5)]
    public void A_rate_is_a_number_with_k_or_M(string text, double rate) => Assert.Equal(rate, Quantity.ParseRate(text));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("5K")]
    [InlineData("5 k")]
    [InlineData("1e3")]
    [InlineData("2000M")]
    [InlineData("NaN")]
    public void What_is_not_a_rate_is_refused_with_how_to_write_one(string text) => Assert.Equal(
        $"'{text}' is not a rate; use 500, 50k or 1.5M",
        Assert.Throws<FormatException>(() => Quantity.ParseRate(text)).Message);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1500", 1500)]
    [InlineData("7B", 7)]
    [InlineData("64KiB", 65536)]
    [InlineData("64K", 65536)]
    [InlineData("64k", 65536)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("1.5kB", 1500)]
    [InlineData("2GiB", 2147483648)]
    [InlineData("1TB", 1_000_000_000_000)]
    public void A_size_is_a_number_and_a_unit(string text, long bytes) => Assert.Equal(bytes, Quantity.ParseSize(text));

    [Theory]
    [InlineData("1", 1)]
    [InlineData("64KiB", 65536)]
    [InlineData("10MB", 10_000_000)]
    public void A_byte_rate_is_a_size_with_or_without_a_second(string text, long bytes)
    {
        Assert.Equal(bytes, Quantity.ParseByteRate(text));
        Assert.Equal(bytes, Quantity.ParseByteRate(text + "/s"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.5")]
    [InlineData("/s")]
    [InlineData("10MB/m")]
    [InlineData("10MB/s/s")]
    [InlineData("fast")]
    public void A_malformed_byte_rate_is_rejected(string text) => Assert.Equal(
        $"'{text}' is not a rate; use 64kB/s, 10MB/s or 1GiB/s",
        Assert.Throws<FormatException>(() => Quantity.ParseByteRate(text)).Message);

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("KiB")]
    [InlineData("1 KiB")]
    [InlineData("1kib")]
    [InlineData("1.5B")]
    [InlineData("0.5")]
    [InlineData("0x10")]
    [InlineData("99999999TiB")]
    public void What_is_not_a_size_is_refused_with_how_to_write_one(string text)
    {
        var refused = Assert.Throws<FormatException>(() => Quantity.ParseSize(text));
        Assert.Contains("64KiB", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1", "out of bounds")]
    [InlineData("70000", "out of bounds")]
    [InlineData("99999999999999999999", "out of bounds")]
    [InlineData("abc", "not a port")]
    [InlineData("1.0", "not a port")]
    [InlineData("1e3", "not a port")]
    [InlineData(" 1", "not a port")]
    [InlineData("", "not a port")]
    [InlineData("-", "not a port")]
    public void A_whole_number_out_of_bounds_is_refused_with_the_bounds(string text, string what)
    {
        var refused = Assert.Throws<FormatException>(() => Quantity.ParseInt(text, "port", 0, 65535));
        Assert.Equal($"'{text}' is {what}; use a whole number from 0 to 65535", refused.Message);
    }

    [Fact]
    public void Every_whole_number_of_a_unit_is_read_as_itself() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), number =>
            Quantity.ParseSize($"{number}") == number
            && Quantity.ParseSize($"{number}KiB") == number * 1024L
            && Quantity.ParseDuration($"{number}ms") == TimeSpan.FromMilliseconds(number)
            && Quantity.ParseDuration($"{number}us") == TimeSpan.FromMicroseconds(number)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(9_999, "9999 B")]
    [InlineData(10_000, "10 kB")]
    [InlineData(10_500, "10.5 kB")]
    [InlineData(999_949, "999.9 kB")]
    [InlineData(999_950, "1 MB")]
    [InlineData(40_200_000, "40.2 MB")]
    [InlineData(999_949_999, "999.9 MB")]
    [InlineData(999_950_000, "1 GB")]
    [InlineData(12_340_000_000, "12.34 GB")]
    [InlineData(999_994_999_999, "999.99 GB")]
    [InlineData(999_995_000_000, "1 TB")]
    public void Sizes_for_people_have_a_unit(long bytes, string text) => Assert.Equal(text, Quantity.FormatSize(bytes));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.0000001, "100 ns")]
    [InlineData(0.0000123, "12.3 µs")]
    [InlineData(0.00099996, "1 ms")]
    [InlineData(0.01234, "12.3 ms")]
    [InlineData(0.05, "50 ms")]
    [InlineData(1.5, "1.5 s")]
    [InlineData(9.996, "10 s")]
    [InlineData(419.8, "420 s")]
    [InlineData(999.4, "999 s")]
    [InlineData(999.5, "16.7 m")]
    [InlineData(3600, "60 m")]
    [InlineData(7199, "120 m")]
    [InlineData(7200, "2 h")]
    [InlineData(86400, "24 h")]
    [InlineData(24 * 86400, "576 h")]
    public void Durations_for_people_have_a_unit(double seconds, string text) =>
        Assert.Equal(text, Quantity.FormatDuration(TimeSpan.FromSeconds(seconds)));
}
