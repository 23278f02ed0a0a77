using Hawser.Services.Upload;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class UploadRefusalTest : IDisposable
{
    private static readonly TimeSpan NearlyIdleTimeout = TimeSpan.FromSeconds(9);

    // Enough for the kernel's pipe to be used, where there is one.
    private const int LargeBytes = 6_000_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_client_that_stalls_leaves_ERROR_in_its_file(string model)
    {
        var time = new FakeTime();
        await using UploadServer server = UploadServer.Start(_folder.Root, model, time: time);
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync(new byte[LargeBytes]);
        await UntilServerWaitsAsync(server, LargeBytes);

        await UntilTimedOutAsync(server, time);

        Assert.Equal("ERROR idle timeout\n", await peer.ReadToEndAsync());
        peer.FinishSending();
        await server.Observer.NextEndAsync();
        Assert.True(server.IsError(1));
        Assert.Equal(["1.file"], server.Names());
    }

    [Fact]
    public async Task A_client_that_never_sends_leaves_ERROR_in_its_file()
    {
        var time = new FakeTime();
        await using UploadServer server = UploadServer.Start(_folder.Root, time: time);
        using RawPeer peer = await server.ConnectAsync();
        await UntilServerWaitsAsync(server, bytesReceived: 0);

        await UntilTimedOutAsync(server, time);

        Assert.Equal("ERROR first-byte timeout\n", await peer.ReadToEndAsync());
        Assert.True(server.IsError(1));
    }

    [Theory]
    [InlineData(0, CloseReason.FirstByteTimeout)]
    [InlineData(1, CloseReason.IdleTimeout)]
    public async Task A_timeout_fires_between_10_and_10_25_seconds(int bytesSent, CloseReason reason)
    {
        var time = new FakeTime();
        await using UploadServer server = UploadServer.Start(_folder.Root, time: time);
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync(new byte[bytesSent]);
        await UntilServerWaitsAsync(server, bytesSent);
        Connection connection = server.Observer.AcceptedOnes.Single();

        time.Advance(TimeSpan.FromSeconds(9.99));
        Assert.Equal(CloseReason.None, connection.EndedBy);
        time.Advance(TimeSpan.FromSeconds(0.26));
        Assert.Equal(reason, connection.EndedBy);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task Occasional_bytes_keep_an_upload_from_the_idle_timeout(string model)
    {
        var time = new FakeTime();
        await using UploadServer server = UploadServer.Start(_folder.Root, model, time: time);
        using RawPeer peer = await server.ConnectAsync();
        for (int n = 1; n <= 20; n++)
        {
            await peer.SendAsync("x");
            await UntilServerWaitsAsync(server, bytesReceived: n);
            time.Advance(NearlyIdleTimeout);
        }
        peer.FinishSending();

        Assert.StartsWith("OK 1.file 20 ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_reset_in_the_middle_leaves_ERROR_in_the_file(string model)
    {
        await using UploadServer server = UploadServer.Start(_folder.Root, model);
        using (RawPeer peer = await server.ConnectAsync())
        {
            await peer.SendAsync(new byte[LargeBytes]);
            await Patience.UntilAsync(() => File.Exists(_folder[".1.part"]));
            peer.Reset();
        }

        await server.Observer.NextEndAsync();
        Assert.True(server.IsError(1));
        Assert.Single(
            server.Errors.Lines, line => line.Contains("the peer reset the connection", StringComparison.Ordinal));
        Assert.Equal(UploadServer.ReceiptOf(2, [2]), await server.UploadAsync([2]));
        Assert.Equal(["1.file", "2.file"], server.Names());
    }

    [Fact]
    public async Task An_upload_is_refused_only_beyond_the_byte_limit()
    {
        await using UploadServer server = UploadServer.Start(
            _folder.Root, with: settings => settings.Set(UploadService.MaxBytes, "1000"));

        Assert.Equal(UploadServer.ReceiptOf(1, new byte[1000]), await server.UploadAsync(new byte[1000]));
        Assert.Equal("ERROR an upload has at most 1000 bytes\n", await server.UploadAsync(new byte[1001]));
        Assert.True(server.IsError(2));
    }

    [Fact]
    public async Task A_limit_of_no_bytes_lets_only_empty_files_in()
    {
        await using UploadServer server = UploadServer.Start(
            _folder.Root, with: settings => settings.Set(UploadService.MaxBytes, "0"));

        Assert.Equal("ERROR an upload has at most 0 bytes\n", await server.UploadAsync([1]));
        Assert.Equal(UploadServer.ReceiptOf(2, []), await server.UploadAsync([]));
    }

    [Fact]
    public async Task A_refusal_half_way_is_heard_by_our_client()
    {
        await using UploadServer server = UploadServer.Start(
            _folder["stored"], with: settings => settings.Set(UploadService.MaxBytes, "8MiB"));
        await using FileStream source = File.OpenRead(_folder.Write("source", new byte[64 * 1024 * 1024]));

        UploadOutcome outcome = await server.SendAsync(source);

        Assert.True(outcome.IsRefused);
        Assert.Equal("an upload has at most 8388608 bytes", outcome.Receipt!.Refusal);
    }

    [Fact]
    public async Task A_quota_counts_what_was_there_and_what_is_under_way()
    {
        _folder.Write("1.file", new byte[400]);
        await using UploadServer server = UploadServer.Start(
            _folder.Root, with: settings => settings.Set(UploadService.Quota, "1000"));
        using RawPeer underWay = await server.ConnectAsync();
        await underWay.SendAsync(new byte[500]);
        await Patience.UntilAsync(() => new FileInfo(_folder[".2.part"]) is { Exists: true, Length: 500 });

        Assert.Equal("ERROR the folder's quota of 1000 bytes is used up\n", await server.UploadAsync(new byte[101]));
        underWay.FinishSending();
        Assert.Equal(UploadServer.ReceiptOf(2, new byte[500]), await underWay.ReadToEndAsync());
    }

    [Fact]
    public async Task Once_there_is_room_under_the_quota_uploads_are_accepted_again()
    {
        await using UploadServer server = UploadServer.Start(
            _folder.Root, with: settings => settings.Set(UploadService.Quota, "1000"));
        await server.UploadAsync(new byte[900]);
        Assert.StartsWith("ERROR ", await server.UploadAsync(new byte[900]), StringComparison.Ordinal);

        File.Delete(server.PathOf(1));

        Assert.Equal(UploadServer.ReceiptOf(3, new byte[900]), await server.UploadAsync(new byte[900]));
    }

    [Fact]
    public async Task A_refused_upload_gives_its_share_of_the_quota_back()
    {
        await using UploadServer server = UploadServer.Start(_folder.Root, with: settings =>
            settings.Set(UploadService.Quota, "1000").Set(UploadService.MaxBytes, "900"));
        for (int n = 1; n <= 5; n++)
        {
            using RawPeer peer = await server.ConnectAsync();
            await peer.SendAsync(new byte[800]);
            await peer.SendAsync(new byte[200]);
            Assert.StartsWith("ERROR ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(UploadServer.ReceiptOf(6, new byte[900]), await server.UploadAsync(new byte[900]));
    }

    [Fact]
    public async Task An_upload_below_the_minimum_free_space_is_refused()
    {
        await using UploadServer server = UploadServer.Start(
            _folder.Root, with: settings => settings.Set(UploadService.MinFree, "900TiB"));

        Assert.Equal(
            $"ERROR less than {900L << 40} bytes would be left on the disk\n", await server.UploadAsync([1]));
        Assert.True(server.IsError(1));
        Assert.StartsWith("OK 2.file 0 ", await server.UploadAsync([]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_lets_an_upload_finish()
    {
        await using UploadServer server = UploadServer.Start(_folder.Root);
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync("first half, ");
        await Patience.UntilAsync(() => File.Exists(_folder[".1.part"]));

        Task stop = server.StopAsync();
        await peer.SendAsync("second half");
        peer.FinishSending();

        Assert.StartsWith("OK 1.file 23 ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
        await stop.Bounded();
    }

    [Theory]
    [MemberData(nameof(ServiceMatrix.AllModels), MemberType = typeof(ServiceMatrix))]
    public async Task A_client_that_has_sent_nothing_does_not_delay_the_stop(string model)
    {
        await using UploadServer server = UploadServer.Start(_folder.Root, model);
        using RawPeer peer = await server.ConnectAsync();
        await UntilServerWaitsAsync(server, bytesReceived: 0);

        Task stop = server.StopAsync();

        Assert.Equal("ERROR the server is stopping\n", await peer.ReadToEndAsync());
        await stop.Bounded();
        Assert.True(server.IsError(1));
    }

    /// <summary>Moves the clock until the connection is told that its time is over, and no further: its handler is to
    /// answer yet.</summary>
    private static Task UntilTimedOutAsync(UploadServer server, FakeTime time)
    {
        Connection connection = server.Observer.AcceptedOnes.Single();
        return Patience.UntilAsync(() =>
        {
            if (connection.EndedBy == CloseReason.None)
                time.Advance(TimeSpan.FromSeconds(1));
            return connection.EndedBy != CloseReason.None;
        });
    }

    private static Task UntilServerWaitsAsync(UploadServer server, int bytesReceived) =>
        Patience.UntilAsync(() => server.Observer.AcceptedOnes.SingleOrDefault() is { IsReceiving: true } connection
            && connection.BytesReceived == bytesReceived);
}
