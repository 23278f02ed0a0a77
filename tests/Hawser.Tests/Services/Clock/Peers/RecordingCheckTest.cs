using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class RecordingCheckTest
{
    private static readonly byte[] Recording = Recordings.Make(50);

    [Fact]
    public void A_recording_is_accepted_in_chunks_of_any_size() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 300)), size =>
        {
            var check = new RecordingCheck();
            Assert.All(Recording.Chunk(size), part => Assert.True(check.Take(part)));
            Assert.True(check.IsWhole);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_byte_is_changed_the_check_and_the_reader_of_reports_agree() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, Recording.Length - 1)), Arb.From(Gen.Choose(0, 255)), (at, value) =>
        {
            byte[] content = [.. Recording];
            content[at] = (byte)value;
            var check = new RecordingCheck();
            if (check.Take(content) && check.IsWhole)
                Assert.Equal(TimeDataEnding.Whole, Assert.Single(TimeDataReader.Read(new MemoryStream(content))).Ending);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("Timestamp Data", "Timestamp data")]
    [InlineData("\n2\t", "\n3\t")]
    [InlineData("10.0.0.2:40000", "10.0.0.2:4000x")]
    [InlineData("10.0.0.2:40000\t10.0.0.1", "10.0.0.2:40000\t10.0.0.3")]
    [InlineData("2026-11-20\t", "2026-11-31\t")]
    [InlineData("End of Timestamp Data (after ", "End of Timestamp Data (after \u001b[2J")]
    public void A_malformed_recording_is_rejected(string old, string replacement)
    {
        string text = Encoding.ASCII.GetString(Recording);
        int at = text.LastIndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{old} is not in {text[..400]}");
        byte[] content = Encoding.ASCII.GetBytes(text[..at] + replacement + text[(at + old.Length)..]);
        Assert.False(new RecordingCheck().Take(content));
    }

    [Fact]
    public void Trailing_bytes_and_an_endless_line_are_rejected()
    {
        Assert.False(new RecordingCheck().Take([.. Recording, (byte)'x']));
        Assert.False(new RecordingCheck().Take([.. Recording, (byte)'\n']));
        Assert.False(new RecordingCheck().Take(new byte[256]));
    }

    [Fact]
    public void A_recording_that_is_cut_is_not_whole()
    {
        var check = new RecordingCheck();
        Assert.True(check.Take(Recording.AsSpan(0, Recording.Length - 1)));
        Assert.False(check.IsWhole);
    }
}
