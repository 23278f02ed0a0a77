using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Numbers;
using Hawser.Services.Numbers.Avx512;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class NumberParserTests
{
    public static TheoryData<bool> Paths => Avx512NumberParser.IsSupported ? [false, true] : [false];

    public static TheoryData<string, string> Malformed => new()
    {
        { "", "byte 0: the list is empty" },
        { "\n", "byte 0: expected a number, found byte 0x0A" },
        { ",1", "byte 0: expected a number, found ','" },
        { "1,,2", "byte 2: expected a number, found ','" },
        { "1,", "byte 2: the list ends in a comma" },
        { "1,-", "byte 3: the list ends in a minus sign" },
        { "-", "byte 1: the list ends in a minus sign" },
        { "-,1", "byte 1: expected a digit, found ','" },
        { "1,--5", "byte 3: expected a digit, found '-'" },
        { "1,5-5", "byte 3: expected a digit or a comma, found '-'" },
        { "1,+5", "byte 2: expected a number, found '+'" },
        { "1, 5", "byte 2: expected a number, found byte 0x20" },
        { "12,3x4,5", "byte 4: expected a digit or a comma, found 'x'" },
        { "1\0", "byte 1: expected a digit or a comma, found byte 0x00" },
        { "1\r", "byte 2: the list ends in a carriage return" },
        { "1\r2", "byte 2: expected a line feed, found '2'" },
        { "1\n2", "byte 2: expected the end of the list, found '2'" },
        { "1\n\n", "byte 2: expected the end of the list, found byte 0x0A" },
        { "1,\n", "byte 2: expected a number, found byte 0x0A" },
        { "9223372036854775808", "byte 18: the number exceeds 64 bits" },
        { "-9223372036854775809", "byte 19: the number exceeds 64 bits" },
        { "5,99999999999999999999,1", "byte 20: the number exceeds 64 bits" },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public void Any_64_bit_list_round_trips(bool vectorized) =>
        Prop.ForAll(ArbitraryNumbers.Wide, numbers =>
            numbers.Length == 0 || Parse(string.Join(',', numbers), vectorized).SequenceEqual(numbers))
            .QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_long_list_round_trips(bool vectorized)
    {
        int[] numbers = new int[300_000];
        NumberGenerator.ForList(2, 0, new NumberRange(int.MinValue, int.MaxValue)).Fill(0, numbers);
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] >>= i % 32;

        Assert.Equal(numbers.Select(number => (long)number), Parse(string.Join(',', numbers), vectorized));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void One_number_beyond_32_bits_anywhere_in_a_long_list_widens_it(bool vectorized)
    {
        long[] beyond = [int.MaxValue + 1L, int.MinValue - 1L, long.MinValue, long.MaxValue, 9_999_999_999_999_999];
        for (int place = 0; place < 1200; place += 7)
        {
            long[] numbers = [.. Enumerable.Range(0, 1200).Select(i => (long)(i * -1_234_567))];
            numbers[place] = beyond[place % beyond.Length];

            Assert.Equal(numbers, Parse(string.Join(',', numbers), vectorized));
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_list_may_be_cut_into_pieces_anywhere(bool vectorized)
    {
        long[] numbers = [.. Enumerable.Range(0, 500).Select(
            i => i % 50 == 49 ? long.MinValue + i : (i - 250) * 7_654_321L)];
        byte[] text = Encoding.ASCII.GetBytes(string.Join(',', numbers));
        for (int cut = 0; cut <= text.Length; cut++)
        {
            using NumberParser parser = new(16, int.MaxValue, vectorized);
            parser.Append(text.AsSpan(0, cut));
            parser.Append(text.AsSpan(cut));
            parser.Finish(numbers.Length);
            Assert.Equal(numbers, Numbers(parser.List));
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Pieces_may_have_any_length(bool vectorized)
    {
        int[] numbers = new int[2000];
        NumberGenerator.ForList(3, 0, NumberRange.Default).Fill(0, numbers);
        byte[] text = Encoding.ASCII.GetBytes(string.Join(',', numbers));
        foreach (int length in Enumerable.Range(1, 70).Concat([2047, 2048, 2049, 4096, 5000]))
        {
            using NumberParser parser = new(1, int.MaxValue, vectorized);
            foreach (byte[] piece in text.Chunk(length))
                parser.Append(piece);
            parser.Finish(numbers.Length);
            Assert.True(parser.List.Narrow.SequenceEqual(numbers), $"pieces of {length} bytes");
        }
    }

    [Theory]
    [InlineData("1,2,3\n")]
    [InlineData("1,2,3\r\n")]
    [InlineData("01,-000,0000000000000000000000000003")]
    public void A_newline_at_the_end_and_leading_zeros_are_allowed(string text)
    {
        foreach (bool vectorized in new[] { false, Avx512NumberParser.IsSupported })
        {
            Assert.Equal(3, Parse(text, vectorized).Length);
            Assert.Equal(3, ParseBytewise(text).Length);
        }
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_list_is_named_by_byte_and_rule(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<MalformedListException>(() => Parse(text, vectorized: false)).Message);
        Assert.Equal(message, Assert.Throws<MalformedListException>(() => ParseBytewise(text)).Message);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_fault_deep_in_a_long_list_is_named_by_its_byte(bool vectorized)
    {
        string narrow = string.Join(',', Enumerable.Range(0, 1000).Select(i => (i * 1_234_567) - 600_000_000));
        string[] faults =
            ["--5", "-", "", "x", "12x", "1-2", "3 ", ":", "/", "99999999999999999999", "9223372036854775808"];
        foreach ((string bad, string good) in
            from bad in faults from good in new[] { narrow, $"9999999999,{narrow}" } select (bad, good))
        {
            for (int filler = 0; filler < 9; filler++)
            {
                string before = good + string.Concat(Enumerable.Repeat(",7", filler)) + ",";
                string list = before + bad + "," + good;
                MalformedListException simple = Assert.Throws<MalformedListException>(() => ParseBytewise(list));
                MalformedListException fault = Assert.Throws<MalformedListException>(() => Parse(list, vectorized));
                Assert.Equal(simple.Message, fault.Message);
                Assert.InRange(fault.Offset, before.Length, before.Length + bad.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Any_byte_in_the_place_of_another_is_judged_alike_in_one_piece_and_bytewise(bool vectorized)
    {
        byte[] text = Encoding.ASCII.GetBytes(
            string.Join(',', Enumerable.Range(0, 400).Select(i => (i * 5_368_709) - 1)));
        for (int value = 0; value < 256; value++)
        {
            for (int place = 30; place < 60; place++)
            {
                byte[] changed = [.. text];
                changed[place] = (byte)value;
                string list = Encoding.Latin1.GetString(changed);
                Assert.Equal(Outcome(() => ParseBytewise(list)), Outcome(() => Parse(list, vectorized)));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    public void A_list_shorter_or_longer_than_expected_is_malformed(int expectedCount)
    {
        using NumberParser parser = new();
        parser.Append("1,2,3"u8);
        MalformedListException fault = Assert.Throws<MalformedListException>(() => parser.Finish(expectedCount));
        Assert.Equal($"byte 5: the list has 3 numbers, not {expectedCount}", fault.Message);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_list_beyond_the_limit_is_malformed(bool vectorized)
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Repeat(5, 10_000)));
        using NumberParser parser = new(16, 7000, vectorized);
        MalformedListException fault = Assert.Throws<MalformedListException>(() => parser.Append(text));
        Assert.Equal("byte 14001: the list has more than 7000 numbers", fault.Message);
    }

    [Fact]
    public void An_empty_list_is_one_of_no_numbers_if_that_is_expected()
    {
        using NumberParser parser = new();
        parser.Finish(expectedCount: 0);
        Assert.Equal(0, parser.List.Count);
    }

    private static long[] Parse(string text, bool vectorized)
    {
        using NumberParser parser = new(16, int.MaxValue, vectorized);
        parser.Append(Encoding.Latin1.GetBytes(text));
        parser.Finish();
        return Numbers(parser.List);
    }

    private static long[] ParseBytewise(string text)
    {
        using NumberParser parser = new(16, int.MaxValue, vectorized: false);
        foreach (byte one in Encoding.Latin1.GetBytes(text))
            parser.Append([one]);
        parser.Finish();
        return Numbers(parser.List);
    }

    private static string Outcome(Func<long[]> parse)
    {
        try
        {
            return string.Join(',', parse());
        }
        catch (MalformedListException fault)
        {
            return fault.Message;
        }
    }

    private static long[] Numbers(NumberList list) => [.. Enumerable.Range(0, list.Count).Select(i => list[i])];
}
