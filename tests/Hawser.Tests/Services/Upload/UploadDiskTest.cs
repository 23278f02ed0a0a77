using System.Diagnostics;
using System.Runtime.InteropServices;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Services.Upload;

/// <summary>A disk that is full: a small tmpfs, which only root may mount.</summary>
public sealed partial class UploadDiskTest : IAsyncLifetime
{
    // Half of it is enough for the kernel's pipe to be used, where there is one.
    private const int DiskBytes = 16 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();
    private bool _mounted;

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux() && geteuid() == 0)
            _mounted = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "hawser-test", _folder.Root) == 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
            await RunAsync("umount", _folder.Root);
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task On_a_full_disk_an_upload_is_refused_and_when_there_is_room_the_next_is_not(string model)
    {
        Assert.SkipUnless(_mounted, "mounting a small disk takes root, and Linux");
        await using UploadServer server = UploadServer.Start(_folder.Root, model);
        byte[] half = new byte[DiskBytes / 2];
        Assert.Equal(UploadServer.ReceiptOf(1, half), await server.UploadAsync(half));

        Assert.Equal("ERROR the server's disk is full\n", await server.UploadAsync(new byte[DiskBytes]));
        Assert.True(server.IsError(2));

        Assert.Equal(UploadServer.ReceiptOf(3, [3]), await server.UploadAsync([3]));
        File.Delete(server.PathOf(1));
        Assert.Equal(UploadServer.ReceiptOf(4, half), await server.UploadAsync(half));
        Assert.Equal(["2.file", "3.file", "4.file"], server.Names());
    }

    [Fact]
    public void The_free_space_check_includes_the_bytes_to_be_written()
    {
        Assert.SkipUnless(_mounted, "mounting a small disk takes root, and Linux");
        const int Page = 4096;
        long free = new DriveInfo(_folder.Root).AvailableFreeSpace;
        var folder = new UploadFolder(new UploadSettings { Folder = _folder.Root, MinFreeBytes = DiskBytes / 2 }, TextWriter.Null);

        folder.CheckFree((int)(free - DiskBytes / 2));
        Assert.Throws<UploadRefusedException>(() => folder.CheckFree((int)(free - DiskBytes / 2) + Page));
    }

    [Fact]
    public void Where_space_is_scarce_none_is_reserved_ahead()
    {
        Assert.SkipUnless(_mounted, "mounting a small disk takes root, and Linux");
        string path = _folder.Write("file", new byte[DiskBytes / 3]);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        long free = new DriveInfo(path).AvailableFreeSpace;

        new ReservedSpace(file, path).Extend(DiskBytes / 3);

        Assert.Equal(free, new DriveInfo(path).AvailableFreeSpace);
    }

    [Fact]
    public async Task On_a_disk_without_room_for_a_single_byte_the_number_has_no_file_and_the_server_lives()
    {
        Assert.SkipUnless(_mounted, "mounting a small disk takes root, and Linux");
        await using UploadServer server = UploadServer.Start(_folder.Root);
        string filler = _folder["filler"];
        Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(filler, new byte[2 * DiskBytes]));

        Assert.Equal("ERROR the server's disk is full\n", await server.UploadAsync([1]));
        Assert.Equal(["filler"], server.Names());

        File.Delete(filler);
        Assert.Equal(UploadServer.ReceiptOf(2, [1]), await server.UploadAsync([1]));
    }

    [Fact]
    public async Task An_upload_below_the_minimum_free_space_of_a_small_disk_is_refused()
    {
        Assert.SkipUnless(_mounted, "mounting a small disk takes root, and Linux");
        await using UploadServer server = UploadServer.Start(
            _folder.Root, with: settings => settings.Set(UploadService.MinFree, $"{DiskBytes / 4}"));

        Assert.StartsWith("OK 1.file ", await server.UploadAsync(new byte[DiskBytes / 2]), StringComparison.Ordinal);
        Assert.StartsWith("ERROR less than ", await server.UploadAsync(new byte[DiskBytes / 2]), StringComparison.Ordinal);
        Assert.True(new DriveInfo(_folder.Root).AvailableFreeSpace >= DiskBytes / 4);
        File.Delete(server.PathOf(1));
        Assert.StartsWith("OK 3.file ", await server.UploadAsync(new byte[DiskBytes / 2]), StringComparison.Ordinal);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync().Bounded();
        return process.ExitCode;
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
