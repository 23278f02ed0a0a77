using Hawser.Services;
using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

/// <summary>The limits on a whole folder, and what a refusal costs.</summary>
public sealed class UploadLimitsTest : IDisposable
{
    private static readonly TimeSpan PauseBetweenCounts = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Refused_uploads_fill_a_folder_up_to_its_quota_and_no_further(string model)
    {
        await using UploadServer server = Start(model, UploadService.Quota, "12");

        for (int n = 1; n <= 5; n++)
            Assert.Equal("ERROR the folder's quota of 12 bytes is used up\n", await server.UploadAsync(new byte[13]));

        Assert.Equal(["1.file", "2.file"], server.Names());
        Assert.True(server.IsError(1) && server.IsError(2));
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Empty_uploads_fill_a_folder_up_to_its_number_of_files_and_no_further(string model)
    {
        _folder.Write("7.file", [7]);
        await using UploadServer server = Start(model, UploadService.MaxFiles, "3");
        Assert.Equal(UploadServer.ReceiptOf(8, []), await server.UploadAsync([]));
        Assert.Equal(UploadServer.ReceiptOf(9, []), await server.UploadAsync([]));

        for (int n = 1; n <= 5; n++)
            Assert.Equal("ERROR the folder has at most 3 files\n", await server.UploadAsync([]));

        Assert.Equal(["7.file", "8.file", "9.file"], server.Names());
    }

    [Fact]
    public async Task An_upload_may_fill_the_quota_to_the_last_byte()
    {
        await using UploadServer server = Start("threads", UploadService.Quota, "1000");

        Assert.Equal(UploadServer.ReceiptOf(1, new byte[1000]), await server.UploadAsync(new byte[1000]));
        Assert.StartsWith("ERROR ", await server.UploadAsync([1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counting_takes_a_tenth_of_the_time_at_most()
    {
        var time = new FakeTime();
        int counts = 0;
        var usage = new FolderUsage(Limited(maxFiles: 0), () =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            counts++;
            return default;
        });
        await RefuseAsync(usage, time, times: 2);
        Assert.Equal(2, counts);

        time.Advance(TimeSpan.FromSeconds(20) - TimeSpan.FromTicks(1));
        await RefuseAsync(usage, time, times: 2);
        Assert.Equal(2, counts);
        time.Advance(TimeSpan.FromTicks(1));
        await RefuseAsync(usage, time, times: 2);
        Assert.Equal(3, counts);
    }

    [Fact]
    public async Task A_running_or_failed_upload_counts_towards_the_file_limit()
    {
        await using UploadServer server = Start("threads", UploadService.MaxFiles, "1");
        using (RawPeer underWay = await server.ConnectAsync())
        {
            await underWay.SendAsync("half");
            await Patience.UntilAsync(() => File.Exists(_folder[".1.part"]));

            Assert.Equal("ERROR the folder has at most 1 files\n", await server.UploadAsync([2]));
            underWay.Reset();
        }
        await Patience.UntilAsync(() => File.Exists(server.PathOf(1)));

        Assert.Equal("ERROR the folder has at most 1 files\n", await server.UploadAsync([3]));
        Assert.Equal(["1.file"], server.Names());
        Assert.True(server.IsError(1));
    }

    [Fact]
    public async Task The_value_none_removes_a_limit()
    {
        ServiceSettings settings = null!;
        await using UploadServer server = UploadServer.Start(_folder.Root, with: all => settings = all
            .Set(UploadService.MaxBytes, "none").Set(UploadService.Quota, "none").Set(UploadService.MaxFiles, "none"));

        Assert.Equal(UploadServer.ReceiptOf(1, [1]), await server.UploadAsync([1]));
        Assert.Equal(
            "limits: unlimited per upload (--max-bytes), unlimited (--quota) and unlimited files (--max-files) in the folder",
            new UploadService().DescribeBounds(settings));
    }

    [Fact]
    public void Upload_limits_are_finite_by_default() =>
        Assert.Equal(
            "limits: 10 GB per upload (--max-bytes), 50 GB (--quota) and 100000 files (--max-files) in the folder",
            new UploadService().DescribeBounds(ServiceSettings.Defaults));

    [Fact]
    public async Task Refusals_recount_the_folder_at_most_once_per_interval()
    {
        var time = new FakeTime();
        int counts = 0;
        var usage = new FolderUsage(Limited(maxFiles: 0), () =>
        {
            counts++;
            return default;
        });
        Assert.Equal(1, counts);

        await RefuseAsync(usage, time, times: 100);
        Assert.Equal(2, counts);

        time.Advance(PauseBetweenCounts - TimeSpan.FromTicks(1));
        await RefuseAsync(usage, time, times: 100);
        Assert.Equal(2, counts);

        time.Advance(TimeSpan.FromTicks(1));
        await RefuseAsync(usage, time, times: 100);
        Assert.Equal(3, counts);
    }

    [Fact]
    public async Task An_upload_that_ends_while_the_folder_is_counted_counts_once()
    {
        var time = new FakeTime();
        UsageShare? ends = null;
        var usage = new FolderUsage(Limited(maxFiles: 2), () =>
        {
            ends?.Settle(5);
            return new UsageCount(ends is null ? 0 : 1, 0);
        });
        ends = usage.Reserve();
        UsageShare underWay = usage.Reserve();
        Assert.Throws<UploadRefusedException>(usage.Reserve);

        await usage.RecountIfDueAsync(time);

        underWay.GrowTo(1000);
        underWay.Dispose();
        usage.Reserve();
        Assert.Throws<UploadRefusedException>(usage.Reserve);
    }

    [Fact]
    public async Task While_nothing_is_refused_the_folder_is_not_counted()
    {
        var time = new FakeTime();
        int counts = 0;
        var usage = new FolderUsage(Limited(maxFiles: 1), () =>
        {
            counts++;
            return default;
        });
        for (int n = 0; n < 10; n++)
        {
            await usage.RecountIfDueAsync(time);
            usage.Reserve().Dispose();
            time.Advance(PauseBetweenCounts);
        }

        Assert.Equal(1, counts);
    }

    [Fact]
    public async Task A_count_that_takes_long_is_taken_once_and_holds_up_no_upload_under_way()
    {
        var time = new FakeTime();
        using var mayCount = new ManualResetEventSlim(true);
        int counts = 0;
        var usage = new FolderUsage(Limited(maxFiles: 3), () =>
        {
            Interlocked.Increment(ref counts);
            mayCount.Wait();
            return new UsageCount(1, 0);
        });
        UsageShare underWay = usage.Reserve();
        UsageShare other = usage.Reserve();
        Assert.Throws<UploadRefusedException>(usage.Reserve);

        mayCount.Reset();
        Task first = usage.RecountIfDueAsync(time);
        Task second = usage.RecountIfDueAsync(time);
        underWay.GrowTo(1000);
        underWay.Settle(1000);
        Assert.Throws<UploadRefusedException>(usage.Reserve);
        Assert.False(first.IsCompleted || second.IsCompleted);
        mayCount.Set();
        await Task.WhenAll(first, second).Bounded();

        // One counted, one stored meanwhile, one under way.
        Assert.Equal(2, counts);
        Assert.Throws<UploadRefusedException>(usage.Reserve);
        other.Dispose();
        usage.Reserve();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_counted_keeps_its_last_count()
    {
        var time = new FakeTime();
        bool isBroken = false;
        var usage = new FolderUsage(
            Limited(maxFiles: 1), () => isBroken ? throw new IOException("gone") : new UsageCount(1, 0));
        isBroken = true;

        await RefuseAsync(usage, time, times: 2);
        isBroken = false;
        time.Advance(PauseBetweenCounts);
        await RefuseAsync(usage, time, times: 2);
    }

    private static async Task RefuseAsync(FolderUsage usage, FakeTime time, int times)
    {
        for (int n = 0; n < times; n++)
        {
            await usage.RecountIfDueAsync(time).Bounded();
            Assert.Throws<UploadRefusedException>(usage.Reserve);
        }
    }

    private UploadServer Start(string model, ServiceOption option, string limit) =>
        UploadServer.Start(_folder.Root, model, settings => settings.Set(option, limit));

    private UploadSettings Limited(long maxFiles) => new() { Folder = _folder.Root, MaxFiles = maxFiles };
}
