using System.Security.Cryptography;
using System.Text;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

/// <summary>
/// The expected lists come from the Python function in <see cref="NumberGenerator"/>'s summary, run by Python.
/// </summary>
public sealed class NumberGeneratorTests
{
    public static TheoryData<ulong, long, long, long, long[]> Golden => new()
    {
        { 42, 0, -999999999, 999999999, [-313416156, 911493452, -27300927, -865284213, 353831477, -864979315] },
        { 42, 17, -999999999, 999999999, [818230583, 442725097, 136422617, -668216147, -215666255, 56591451] },
        { 0, 0, 1, 6, [4, 5, 3, 4, 5, 1, 5, 2] },
        { ulong.MaxValue, 99, long.MinValue, long.MaxValue, [5082345626440427837, 298589724645546350] },
        { 7, 3, int.MinValue, int.MaxValue, [784953651, -1153224100, -300496627, 1569500576, -817278495, 1710002020] },
        { 5, 1, -1L << 62, (1L << 62) + (1L << 61), [-2337035426434383527, -123260013366035750, 267141737411667289] },
    };

    [Fact]
    public void The_words_are_those_of_SplitMix64() => Assert.Equal(6457827717110365317ul, SplitMix64.Word(1234567, 0));

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_seeded_list_begins_as_an_independent_implementation_says(
        ulong seed, long index, long min, long max, long[] expected)
    {
        NumberGenerator generator = NumberGenerator.ForList(seed, index, new NumberRange(min, max));
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(position => generator.NumberAt(position)));
    }

    [Theory]
    [InlineData(42, 17, -999999999L, 999999999L, "8E65885C7D155513E81BF5E55EEB75D0B6660E6113D39E61C2BFF43037A6BE3A")]
    // In this range, 374 of the thousand words are drawn again.
    [InlineData(
        5, 1, -1L << 62, (1L << 62) + (1L << 61), "019BA3EE72D4323D97D76EB7C2BAF12CCF7818716A1D8DEAF1A903A71A742309")]
    public void A_thousand_seeded_numbers_are_those_of_an_independent_implementation(
        ulong seed, long index, long min, long max, string hash)
    {
        NumberListWriter writer = new(NumberGenerator.ForList(seed, index, new NumberRange(min, max)), 1000);
        byte[] text = new byte[30_000];
        int length = writer.Write(text);
        Assert.True(writer.IsDone);
        Assert.Equal(hash, Convert.ToHexString(SHA256.HashData(text.AsSpan(0, length))));
    }

    [Fact]
    public void Filling_gives_the_same_numbers_from_every_position_and_for_every_length_on_every_path()
    {
        NumberRange[] ranges = [NumberRange.Default, new(1, 6), new(5, 5), new(int.MinValue, int.MaxValue)];
        foreach (NumberRange range in ranges)
        {
            NumberGenerator generator = NumberGenerator.ForList(9, 9, range);
            for (int length = 0; length < 40; length++)
            {
                for (int position = 0; position < 9; position++)
                {
                    int[] expected = [.. Enumerable.Range(position, length).Select(at => (int)generator.NumberAt(at))];
                    int[] vectorized = new int[length];
                    int[] portable = new int[length];
                    long[] wide = new long[length];
                    generator.Fill(position, vectorized);
                    generator.FillPortable(position, portable);
                    generator.Fill(position, wide);
                    Assert.Equal(expected, vectorized);
                    Assert.Equal(expected, portable);
                    Assert.Equal(expected, wide.Select(number => (int)number));
                }
            }
        }
    }

    [Fact]
    public void Both_ends_of_a_small_range_come_up_and_nothing_beyond_them()
    {
        int[] numbers = new int[10_000];
        NumberGenerator.ForList(3, 0, new NumberRange(-2, 3)).Fill(0, numbers);
        Assert.Equal([-2, -1, 0, 1, 2, 3], numbers.Distinct().Order());
    }

    [Theory]
    [InlineData(-999999999L, 999999999L)]
    [InlineData(0L, 99L)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(-1L << 62, (1L << 62) + (1L << 61))]
    public void The_numbers_are_uniform(long min, long max)
    {
        const int Bins = 100;
        int[] counts = new int[Bins];
        NumberGenerator generator = NumberGenerator.ForList(11, 4, new NumberRange(min, max));
        UInt128 span = (UInt128)((Int128)max - min) + 1;
        for (int position = 0; position < 200_000; position++)
            counts[(int)((UInt128)((Int128)generator.NumberAt(position) - min) * Bins / span)]++;

        double expected = 200_000.0 / Bins;
        double chiSquare = counts.Sum(count => (count - expected) * (count - expected) / expected);
        // 99 degrees of freedom; one list in a million is beyond these. The list is fixed, so the test is too.
        Assert.InRange(chiSquare, 45, 180);
    }

    [Fact]
    public void Lists_differ_by_index_and_by_seed_and_unseeded_ones_by_themselves()
    {
        NumberRange range = new(long.MinValue, long.MaxValue);
        NumberGenerator[] generators =
        [
            .. Enumerable.Range(0, 100).Select(index => NumberGenerator.ForList(1, index, range)),
            NumberGenerator.ForList(2, 0, range),
            NumberGenerator.Unseeded(range),
            NumberGenerator.Unseeded(range),
        ];
        Assert.Equal(generators.Length, generators.Select(generator => generator.NumberAt(0)).Distinct().Count());
    }

    [Fact]
    public void A_range_that_ends_before_it_begins_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NumberRange(1, 0));

    [Theory]
    [InlineData(-999999999L, 999999999L)]
    [InlineData(-5L, 5L)]
    [InlineData(0L, uint.MaxValue)]
    [InlineData(-1L * uint.MaxValue, 0L)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void A_list_is_the_same_text_through_buffers_of_any_length(long min, long max)
    {
        NumberGenerator generator = NumberGenerator.ForList(1, 2, new NumberRange(min, max));
        string expected = string.Join(',', Enumerable.Range(0, 700).Select(at => generator.NumberAt(at)));
        foreach (int length in Enumerable.Range(1, 140).Concat([1000, 4096, 65536]))
        {
            NumberListWriter writer = new(generator, 700);
            StringBuilder text = new();
            byte[] buffer = new byte[length];
            int written;
            while ((written = writer.Write(buffer)) > 0)
            {
                Assert.True(written == length || writer.IsDone);
                text.Append(Encoding.ASCII.GetString(buffer, 0, written));
            }
            Assert.True(writer.IsDone);
            Assert.Equal(expected, text.ToString());
        }
    }

    [Fact]
    public void A_list_of_no_numbers_is_done_at_once()
    {
        NumberListWriter writer = new(NumberGenerator.Unseeded(NumberRange.Default), 0);
        Assert.True(writer.IsDone);
        Assert.Equal(0, writer.Write(new byte[100]));
    }
}
