using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class RecordingCopyTest
{
    private static readonly byte[] Content = Recordings.Make(10);

    [Fact]
    public void A_copy_has_its_name_only_when_its_hash_is_right()
    {
        using var folder = new TemporaryFolder();
        string path = TimeDataWriter.CopyPath(folder["out"], id: 3, other: 7);
        using (var copy = new RecordingCopy(path, RecordingDigest.Of(Content), isBrotli: false))
        {
            Assert.Equal(DeliveryOutcome.Delivered, copy.Take(Content));
            Assert.False(File.Exists(path));
            Assert.Equal(DeliveryOutcome.Delivered, copy.Finish());
        }

        Assert.Equal(Path.Combine(folder["out"], "client_3", "client_7_TimeData.txt"), path);
        Assert.Equal(Content, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_copy_that_fails_leaves_nothing_and_an_earlier_one_as_it_was()
    {
        using var folder = new TemporaryFolder();
        string path = folder["client_7_TimeData.txt"];
        File.WriteAllText(path, "earlier");
        using (var copy = new RecordingCopy(path, RecordingDigest.Of(Recordings.Make(10, "10.0.0.9:40000")), isBrotli: false))
        {
            copy.Take(Content);
            Assert.Equal(DeliveryOutcome.WrongHash, copy.Finish());
        }

        Assert.Equal("earlier", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Theory]
    [InlineData("Timestamp Data\n", "Timestamp Data\n")]
    [InlineData("Timest", "Timest\n")]
    public void A_copy_is_appended_to_earlier_ones_once(string earlier, string kept)
    {
        using var folder = new TemporaryFolder();
        string path = folder["client_7_TimeData.txt"];
        File.WriteAllText(path, earlier);
        for (int time = 0; time < 2; time++)
        {
            using var copy = new RecordingCopy(path, RecordingDigest.Of(Content), isBrotli: false);
            copy.Take(Content);
            Assert.Equal(DeliveryOutcome.Delivered, copy.Finish());
        }

        Assert.Equal([.. System.Text.Encoding.ASCII.GetBytes(kept), .. Content], File.ReadAllBytes(path));
    }
}
