using System.Text;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class VerifierTests
{
    private static readonly NumberGenerator Generator = NumberGenerator.ForList(42, 17, NumberRange.Default);

    private static byte[] List => Encoding.ASCII.GetBytes(
        string.Join(',', Enumerable.Range(0, 10_000).Select(at => Generator.NumberAt(at))));

    [Fact]
    public async Task A_list_that_is_what_its_seed_says_passes_the_check() => Assert.Null(await Check(List));

    [Fact]
    public async Task The_first_byte_that_differs_is_reported()
    {
        byte[] list = List;
        list[70_000] = (byte)'x';
        list[80_000] = (byte)'y';

        Assert.Equal($"byte 70000: expected '{(char)List[70_000]}', found 'x'", await Check(list));
    }

    [Fact]
    public async Task A_truncated_list_differs_where_it_ends() => Assert.Equal(
        $"file ends at byte {List.Length - 3}, expected '{(char)List[^3]}'", await Check(List[..^3]));

    [Fact]
    public async Task A_list_that_goes_on_differs_where_it_should_end() =>
        Assert.Equal(
            $"byte {List.Length}: expected the end of the list, found byte 0x0A", await Check([.. List, (byte)'\n']));

    [Fact]
    public void The_pieces_of_a_checked_list_may_have_any_length()
    {
        foreach (int length in new[] { 1, 7, 1000, 65_536, 65_537 })
        {
            var check = new SeedVerifier(new NumberListWriter(Generator, 10_000));
            Assert.All(List.Chunk(length), piece => Assert.Null(check.Append(piece)));
            Assert.Null(check.Finish());
        }
    }

    [Theory]
    [InlineData("3,1,2", "1,2,3", null)]
    [InlineData("5,5,1", "1,5,5", null)]
    [InlineData("3,9223372036854775807", "3,9223372036854775807", null)]
    [InlineData("3,1,2", "1,3,2", "number 2 is 2, less than number 1, 3")]
    [InlineData("3,1,2", "1,2", "the list has 2 numbers, not 3")]
    [InlineData("3,1", "1,2,3", "the list has 3 numbers, not 2")]
    [InlineData("3,1,2", "1,2,4", "number 2 is 4, not 3")]
    [InlineData("3,1,1", "1,3,3", "number 1 is 3, not 1")]
    [InlineData("3,1,2", "1,2,9999999999", "number 2 is 9999999999, not 3")]
    public void A_sorted_list_is_verified_against_the_unsorted_one(string unsorted, string sorted, string? fault)
    {
        using NumberParser before = Parse(unsorted);
        using NumberParser after = Parse(sorted);
        Assert.Equal(fault, SortVerifier.FindFault(before.List, after.List));
    }

    [Theory]
    [InlineData("3,-1,2147483647", "-1,3,2147483647")]
    [InlineData("3,-9223372036854775808,0", "-9223372036854775808,0,3")]
    public void A_parsed_list_is_sorted_and_written_through_a_buffer_of_any_length(string unsorted, string sorted)
    {
        for (int length = 21; length < 80; length++)
        {
            using NumberParser parser = Parse(unsorted);
            parser.List.Sort();
            StringBuilder text = new();
            byte[] buffer = new byte[length];
            for (int position = 0; position < parser.List.Count;)
                text.Append(Encoding.ASCII.GetString(buffer, 0, parser.List.Format(ref position, buffer)));
            Assert.Equal(sorted, text.ToString());
        }
    }

    private static Task<string?> Check(byte[] list) => SeedVerifier.FindDifferenceAsync(
        new MemoryStream(list), new NumberListWriter(Generator, 10_000), TestContext.Current.CancellationToken);

    private static NumberParser Parse(string text)
    {
        NumberParser parser = new();
        parser.Append(Encoding.ASCII.GetBytes(text));
        parser.Finish();
        return parser;
    }
}
