using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Services.Upload;

public sealed class UploadNumberingTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_upload_is_number_one_and_each_next_one_more()
    {
        await using UploadServer server = UploadServer.Start(_folder.Root);

        Assert.Equal(UploadServer.ReceiptOf(1, [1]), await server.UploadAsync([1]));
        Assert.Equal(UploadServer.ReceiptOf(2, [2, 2]), await server.UploadAsync([2, 2]));
        Assert.Equal(["1.file", "2.file"], server.Names());
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_made()
    {
        await using UploadServer server = UploadServer.Start(_folder["deep/down"]);

        await server.UploadAsync([1]);

        Assert.Equal([1], server.Stored(1));
    }

    [Fact]
    public async Task A_connection_that_sends_nothing_becomes_an_empty_file()
    {
        await using UploadServer server = UploadServer.Start(_folder.Root);

        Assert.Equal(UploadServer.ReceiptOf(1, []), await server.UploadAsync([]));
        Assert.Empty(server.Stored(1));
    }

    [Fact]
    public async Task Numbers_continue_after_the_highest_existing_one()
    {
        _folder.Write("3.file", [3]);
        _folder.Write("41.file", [41]);
        // None of these is a number of ours.
        foreach (string name in (string[])["099.file", "-7.file", "x.file", "50.txt", ".file", "9999999999999999999.file"])
            _folder.Write(name, []);
        await using UploadServer server = UploadServer.Start(_folder.Root);

        Assert.StartsWith("OK 42.file ", await server.UploadAsync([1]), StringComparison.Ordinal);
        Assert.Equal([41], server.Stored(41));
    }

    [Fact]
    public async Task A_restart_goes_on_where_the_last_server_stopped()
    {
        for (int n = 1; n <= 3; n++)
        {
            await using UploadServer server = UploadServer.Start(_folder.Root);
            Assert.Equal(UploadServer.ReceiptOf(n, [7]), await server.UploadAsync([7]));
        }
    }

    [Theory]
    [Models(ModelKind.Concurrent)]
    public async Task The_nth_connection_has_the_nth_number_whichever_ends_first(string model)
    {
        await using UploadServer server = UploadServer.Start(_folder.Root, model);
        using RawPeer first = await server.ConnectAsync();
        using RawPeer second = await server.ConnectAsync();
        using RawPeer third = await server.ConnectAsync();
        foreach (RawPeer peer in (RawPeer[])[third, first, second])
        {
            await peer.SendAsync(peer == first ? "one" : peer == second ? "two" : "three");
            peer.FinishSending();
            Assert.StartsWith("OK ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("one"u8, server.Stored(1));
        Assert.Equal("two"u8, server.Stored(2));
        Assert.Equal("three"u8, server.Stored(3));
    }

    [Theory]
    [Models(ModelKind.Concurrent)]
    public async Task Clients_of_the_same_millisecond_get_a_number_each(string model)
    {
        await using UploadServer server = UploadServer.Start(_folder.Root, model);

        string[] receipts = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.UploadAsync([1, 2, 3])));

        Assert.Equal(
            Enumerable.Range(1, 10).Select(n => UploadServer.ReceiptOf(n, [1, 2, 3])).Order(), receipts.Order());
    }

    [Fact]
    public async Task Two_servers_on_one_folder_never_give_a_number_twice()
    {
        const int Each = 50;
        await using UploadServer one = UploadServer.Start(_folder.Root, "epoll");
        await using UploadServer other = UploadServer.Start(_folder.Root, "async");

        string[] receipts = await Task.WhenAll(Enumerable.Range(0, 2 * Each)
            .Select(n => (n % 2 == 0 ? one : other).UploadAsync([(byte)n])));

        int[] numbers = [.. receipts.Select(receipt => int.Parse(receipt.Split(' ')[1].Split('.')[0]))];
        Assert.Equal(Enumerable.Range(1, 2 * Each), numbers.Order());
        for (int n = 0; n < numbers.Length; n++)
            Assert.Equal([(byte)n], one.Stored(numbers[n]));
    }

    [Fact]
    public async Task A_strangers_file_of_that_name_is_never_overwritten()
    {
        await using UploadServer server = UploadServer.Start(_folder.Root);
        using RawPeer peer = await server.ConnectAsync();
        await peer.SendAsync("ours"u8.ToArray());
        await Patience.UntilAsync(() => File.Exists(_folder[".1.part"]));
        _folder.Write("1.file", "theirs"u8.ToArray());
        peer.FinishSending();

        Assert.Equal("ERROR the server could not store it\n", await peer.ReadToEndAsync());
        Assert.Equal("theirs", File.ReadAllText(_folder["1.file"]));
    }

    [Fact]
    public async Task A_strangers_folder_of_that_name_is_passed_over()
    {
        Directory.CreateDirectory(_folder["1.file"]);
        await using UploadServer server = UploadServer.Start(_folder.Root);

        Assert.Equal(UploadServer.ReceiptOf(2, [5]), await server.UploadAsync([5]));
    }

    [Fact]
    public async Task Leftovers_are_removed_at_the_start_and_their_numbers_given_again()
    {
        _folder.Write("1.file", [1]);
        _folder.Write(".2.part", [1, 2, 3]);
        _folder.Write(".x.part", [1]);
        await using UploadServer server = UploadServer.Start(_folder.Root);

        Assert.Equal([".x.part", "1.file"], server.Names());
        Assert.Equal(UploadServer.ReceiptOf(2, [2]), await server.UploadAsync([2]));
    }

    [Fact]
    public async Task Cleanup_spares_a_partial_file_of_a_running_server()
    {
        await using UploadServer living = UploadServer.Start(_folder.Root);
        using RawPeer peer = await living.ConnectAsync();
        await peer.SendAsync("half, ");
        await Patience.UntilAsync(() => File.Exists(_folder[".1.part"]));

        await using (UploadServer second = UploadServer.Start(_folder.Root))
            Assert.Equal(UploadServer.ReceiptOf(2, [2]), await second.UploadAsync([2]));

        await peer.SendAsync("and whole");
        peer.FinishSending();
        Assert.StartsWith("OK 1.file 15 ", await peer.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("half, and whole"u8, living.Stored(1));
    }
}
