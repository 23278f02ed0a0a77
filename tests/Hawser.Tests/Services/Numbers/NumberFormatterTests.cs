using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class NumberFormatterTests
{
    private delegate int Format<T>(ReadOnlySpan<T> numbers, Span<byte> destination, out int consumed);

    [Fact]
    public void Thirty_two_bit_numbers_read_as_the_standard_library_writes_them() =>
        Prop.ForAll(ArbitraryNumbers.Narrow, numbers =>
            Text<int>(NumberFormatter.Format, numbers) == Expected(numbers)).QuickCheckThrowOnFailure();

    [Fact]
    public void The_portable_path_writes_the_same() =>
        Prop.ForAll(ArbitraryNumbers.Narrow, numbers =>
            Text<int>(NumberFormatter.FormatPortable, numbers) == Expected(numbers)).QuickCheckThrowOnFailure();

    [Fact]
    public void Sixty_four_bit_numbers_read_as_the_standard_library_writes_them() =>
        Prop.ForAll(ArbitraryNumbers.Wide, numbers =>
            Text<long>(NumberFormatter.Format, numbers) == Expected(numbers)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_million_numbers_across_the_whole_range_read_right()
    {
        int[] numbers = new int[1_000_000];
        NumberGenerator.ForList(1, 0, new NumberRange(int.MinValue, int.MaxValue)).Fill(0, numbers);
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] >>= i % 32;

        Assert.Equal(Expected(numbers), Text<int>(NumberFormatter.Format, numbers));
        Assert.Equal(Expected(numbers), Text<int>(NumberFormatter.FormatPortable, numbers));
    }

    [Fact]
    public void Every_group_of_four_digits_reads_right_in_each_of_its_places()
    {
        int[] numbers = [.. Enumerable.Range(0, 10_000).SelectMany(
            four => new[] { four, (four * 10_000) + 1, -(four % 21 * 100_000_000) - four })];

        Assert.Equal(Expected(numbers), Text<int>(NumberFormatter.Format, numbers));
        Assert.Equal(Expected(numbers), Text<int>(NumberFormatter.FormatPortable, numbers));
    }

    [Fact]
    public void A_buffer_of_any_length_gets_the_numbers_that_fit_whole()
    {
        int[] numbers = [.. Enumerable.Range(0, 60).Select(
            i => i % 3 == 0 ? int.MinValue >> (i % 32) : i * 98_765_432)];
        long[] wide = [.. numbers.Select(number => number * 4_000_000_007L)];
        for (int length = 0; length < 800; length++)
        {
            AssertFitsWhole(NumberFormatter.Format, numbers, length);
            AssertFitsWhole(NumberFormatter.FormatPortable, numbers, length);
            AssertFitsWhole(NumberFormatter.Format, wide, length);
        }
    }

    private static void AssertFitsWhole<T>(Format<T> format, T[] numbers, int length)
    {
        string all = Expected(numbers);
        byte[] buffer = new byte[length + 1];
        buffer[length] = 77;

        int written = format(numbers, buffer.AsSpan(0, length), out int consumed);

        int fits = all.Length <= length ? all.Length : all.LastIndexOf(',', Math.Max(length - 1, 0)) + 1;
        Assert.Equal(length == 0 ? "" : all[..fits], Encoding.ASCII.GetString(buffer, 0, written));
        Assert.Equal(all[..written].Count(c => c == ','), consumed);
        Assert.Equal(77, buffer[length]);
    }

    private static string Text<T>(Format<T> format, T[] numbers)
    {
        byte[] buffer = new byte[(numbers.Length * NumberFormatter.MaxBytes64) + 100];
        int written = format(numbers, buffer, out int consumed);
        Assert.Equal(numbers.Length, consumed);
        return Encoding.ASCII.GetString(buffer, 0, written);
    }

    private static string Expected<T>(T[] numbers) => string.Concat(numbers.Select(number => $"{number},"));
}
