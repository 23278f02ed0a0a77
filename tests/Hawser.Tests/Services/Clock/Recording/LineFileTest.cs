using System.Text;
using Hawser.Services.Clock.Recording;
using Hawser.Services.Clock.Wire;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Clock.Recording;

public sealed class LineFileTest
{
    [Fact]
    public void Lines_wait_in_memory_until_they_are_flushed()
    {
        using var folder = new TemporaryFolder();
        using var file = new LineFile(folder["a.txt"]);
        file.Append("one\n"u8);
        Assert.Empty(ReadShared(folder["a.txt"]));
        Assert.True(file.Flush());
        file.Append("two\n"u8);
        Assert.Equal("one\n", ReadShared(folder["a.txt"]));
        Assert.True(file.Flush());
        Assert.Equal("one\ntwo\n", ReadShared(folder["a.txt"]));
    }

    [Fact]
    public void A_recording_is_not_written_into_a_pipe()
    {
        using var folder = new TemporaryFolder();
        NamedPipe.Create(folder["a.txt"]);

        IOException refused = Assert.Throws<IOException>(() => new LineFile(folder["a.txt"]));

        Assert.Equal($"{folder["a.txt"]} is a pipe, not a file", refused.Message);
    }

    [Fact]
    public async Task A_file_that_has_ended_is_closed_by_the_next_flush_and_tells_its_size_and_hash()
    {
        using var folder = new TemporaryFolder();
        using var file = new LineFile(folder["new/folder/a.txt"]);
        file.Append("one\n"u8);
        file.Flush();
        file.Append("two\n"u8);
        file.End();
        Assert.False(file.Append("three\n"u8));
        Assert.False(file.Flush());
        Assert.Equal(RecordingDigest.Of("one\ntwo\n"u8), await file.Closed);
        Assert.Equal("one\ntwo\n", File.ReadAllText(folder["new/folder/a.txt"]));
        Assert.Equal(1, file.Dropped);
    }

    [Theory]
    [InlineData("earlier\n", "earlier\n")]
    [InlineData("earl", "earl\n")]
    public async Task What_stood_in_the_file_stays_and_is_not_part_of_the_digest(string earlier, string kept)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], earlier);
        using var file = new LineFile(folder["a.txt"]);
        file.Append("one\n"u8);
        file.End();
        file.Flush();
        Assert.Equal(kept + "one\n", File.ReadAllText(folder["a.txt"]));
        Assert.Equal((kept.Length, RecordingDigest.Of("one\n"u8)), (file.Start, await file.Closed));
    }

    [Fact]
    public void When_the_disk_stalls_lines_beyond_the_limit_are_dropped_whole_and_counted()
    {
        using var folder = new TemporaryFolder();
        using var file = new LineFile(folder["a.txt"], pendingLimit: 10);
        Assert.True(file.Append("12345678\n"u8));
        Assert.False(file.Append("12\n"u8));
        Assert.Equal(1, file.Dropped);
        file.Flush();
        Assert.True(file.Append("12\n"u8));
        file.Flush();
        Assert.Equal("12345678\n12\n", ReadShared(folder["a.txt"]));
    }

    [Fact]
    public async Task When_the_disk_fails_the_error_names_the_file_and_later_lines_are_dropped()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "only Linux has a disk that is always full");
        using var file = new LineFile("/dev/full");
        file.Append("one\n"u8);
        Assert.False(file.Flush());
        var error = await Assert.ThrowsAsync<IOException>(() => file.Closed);
        Assert.Contains("/dev/full", error.Message, StringComparison.Ordinal);
        Assert.False(file.Append("two\n"u8));
    }

    [Fact]
    public void Whatever_is_appended_by_many_threads_ends_up_in_whole_lines()
    {
        using var folder = new TemporaryFolder();
        using (var flusher = new LineFileFlusher())
        {
            var file = new LineFile(folder["a.txt"]);
            flusher.Add(file);
            Parallel.For(0, 10_000, i =>
            {
                file.Append(Encoding.ASCII.GetBytes($"{i} {new string('x', i % 50)}\n"));
                if (i % 100 == 0)
                    flusher.Wake();
            });
        }

        string[] lines = File.ReadAllLines(folder["a.txt"]);
        Assert.Equal(10_000, lines.Length);
        Assert.All(lines, line => Assert.Equal(int.Parse(line.Split(' ')[0]) % 50, line.Split(' ')[1].Length));
    }

    [Fact]
    public async Task The_flusher_closes_what_has_ended_without_being_stopped()
    {
        using var folder = new TemporaryFolder();
        using var flusher = new LineFileFlusher();
        var file = new LineFile(folder["a.txt"]);
        flusher.Add(file);
        file.Append("one\n"u8);
        file.End();
        flusher.Wake();
        Assert.Equal(4, (await file.Closed).Bytes);
    }

    private static string ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return new StreamReader(stream).ReadToEnd();
    }
}
