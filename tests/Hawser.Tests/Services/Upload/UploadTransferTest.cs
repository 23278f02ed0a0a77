using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class UploadTransferTest : IDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int> EverySizeUnderEveryModel
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (ITheoryDataRow model in ServiceMatrix.AllModels)
            {
                foreach (int bytes in (int[])[1, 1000, MiB, 10 * MiB + 1])
                    all.Add((string)model.GetData()[0]!, bytes);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(EverySizeUnderEveryModel))]
    public async Task Every_byte_arrives(string model, int bytes)
    {
        byte[] content = Content(bytes, seed: bytes);
        await using UploadServer server = UploadServer.Start(_folder["stored"], model);
        await using FileStream source = File.OpenRead(_folder.Write("source", content));

        UploadOutcome outcome = await server.SendAsync(source);

        Assert.True(outcome.IsVerified);
        Assert.Equal(bytes, outcome.BytesSent);
        Assert.Equal("1.file", outcome.Receipt!.FileName);
        Assert.True(server.Stored(1).AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task A_hundred_mebibytes_arrive()
    {
        byte[] content = Content(100 * MiB, seed: 100);
        await using UploadServer server = UploadServer.Start(_folder["stored"]);
        await using FileStream source = File.OpenRead(_folder.Write("source", content));

        Assert.True((await server.SendAsync(source)).IsVerified);
        Assert.True(server.Stored(1).AsSpan().SequenceEqual(content));
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Ten_at_once_arrive_whole(string model)
    {
        await using UploadServer server = UploadServer.Start(_folder["stored"], model);

        await Task.WhenAll(Enumerable.Range(1, 10).Select(async n =>
        {
            byte[] content = Content(2 * MiB + n, seed: n);
            await using FileStream source = File.OpenRead(_folder.Write($"source-{n}", content));
            UploadOutcome outcome = await server.SendAsync(source);
            Assert.True(outcome.IsVerified);
            int number = int.Parse(outcome.Receipt!.FileName!.Split('.')[0]);
            Assert.True(server.Stored(number).AsSpan().SequenceEqual(content));
        }));

        Assert.Equal(10, server.Names().Length);
    }

    [Fact]
    public async Task A_source_other_than_a_file_is_uploaded_unchanged()
    {
        byte[] content = Content(3 * MiB, seed: 3);
        await using UploadServer server = UploadServer.Start(_folder["stored"]);

        UploadOutcome outcome = await server.SendAsync(new MemoryStream(content));

        Assert.True(outcome.IsVerified);
        Assert.True(server.Stored(1).AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task A_file_of_the_system_that_has_no_length_is_read_to_its_end()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no /proc");
        await using UploadServer server = UploadServer.Start(_folder["stored"]);
        await using FileStream source = File.OpenRead("/proc/version");

        Assert.True((await server.SendAsync(source)).IsVerified);
        Assert.Equal(File.ReadAllBytes("/proc/version"), server.Stored(1));
    }

    [Fact]
    public async Task A_client_that_just_closes_has_uploaded()
    {
        await using UploadServer server = UploadServer.Start(_folder["stored"]);
        using (RawPeer peer = await server.ConnectAsync())
            await peer.SendAsync("and away");

        await server.Observer.NextEndAsync();

        Assert.Equal("and away"u8, server.Stored(1));
    }

    [Fact]
    public async Task Without_receipts_the_server_says_nothing()
    {
        await using UploadServer server = UploadServer.Start(
            _folder["stored"], with: settings => settings.Set(UploadService.NoReceipt, "true"));

        Assert.Equal("", await server.UploadAsync([1, 2, 3]));
        Assert.Equal([1, 2, 3], server.Stored(1));
        UploadOutcome outcome = await server.SendAsync(new MemoryStream([4]));
        Assert.Null(outcome.Receipt);
        Assert.False(outcome.IsDifferent);
    }

    [Fact]
    public async Task A_synced_file_says_so_in_its_receipt()
    {
        await using UploadServer server = UploadServer.Start(
            _folder["stored"], with: settings => settings.Set(UploadService.Sync, "true"));

        Assert.EndsWith(" synced\n", await server.UploadAsync([1, 2, 3]), StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], server.Stored(1));
    }

    [Theory]
    [InlineData(null, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead)]
    [InlineData("0600", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData("444", UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead)]
    public async Task Files_have_the_permissions_that_were_asked_for(string? mode, UnixFileMode expected)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("there are no such permissions");
            return;
        }
        await using UploadServer server = UploadServer.Start(_folder["stored"], with: settings =>
        {
            if (mode is not null)
                settings.Set(UploadService.Mode, mode);
        });

        await server.UploadAsync([1]);

        Assert.Equal(expected, File.GetUnixFileMode(server.PathOf(1)));
    }

    private static byte[] Content(int bytes, int seed)
    {
        byte[] content = new byte[bytes];
        new Random(seed).NextBytes(content);
        return content;
    }
}
