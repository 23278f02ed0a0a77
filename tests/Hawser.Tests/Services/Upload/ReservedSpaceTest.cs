using System.Diagnostics;
using System.Globalization;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class ReservedSpaceTest : IDisposable
{
    private const int Mebibyte = 1024 * 1024;
    private const long BytesPerBlock = 512;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_growing_file_reserves_space_keeps_its_length_and_releases_what_it_does_not_need()
    {
        string path = _folder.Write("file", new byte[5 * Mebibyte]);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var space = new ReservedSpace(file, path);
        Assert.SkipUnless(PosixFile.TryReserve(file, 5 * Mebibyte, 1), "the file system cannot reserve space");
        Assert.SkipUnless(new DriveInfo(path).AvailableFreeSpace > 1024L * Mebibyte, "there is little space");

        space.Extend(5 * Mebibyte);
        Assert.True(Occupied(path) >= 10 * Mebibyte);
        space.Extend(10 * Mebibyte);
        Assert.True(Occupied(path) >= 20 * Mebibyte);
        Assert.Equal(5 * Mebibyte, RandomAccess.GetLength(file));

        space.Release(5 * Mebibyte);
        Assert.InRange(Occupied(path), 5 * Mebibyte, 6 * Mebibyte);
        Assert.Equal(5 * Mebibyte, RandomAccess.GetLength(file));
    }

    [Fact]
    public void A_small_file_reserves_no_space()
    {
        string path = _folder.Write("file", new byte[Mebibyte]);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);

        new ReservedSpace(file, path).Extend(Mebibyte);

        Assert.InRange(Occupied(path), 0, 2 * Mebibyte);
    }

    [Fact]
    public async Task A_stored_file_occupies_no_more_than_it_needs()
    {
        await using UploadServer server = UploadServer.Start(_folder.Root);

        Assert.StartsWith("OK 1.file ", await server.UploadAsync(new byte[20 * Mebibyte]), StringComparison.Ordinal);

        Assert.InRange(Occupied(server.PathOf(1)), 0, 21 * Mebibyte);
    }

    private static long Occupied(string path)
    {
        using Process stat = Process.Start(
            new ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
        string blocks = stat.StandardOutput.ReadToEnd();
        stat.WaitForExit();
        return BytesPerBlock * long.Parse(blocks, CultureInfo.InvariantCulture);
    }
}
