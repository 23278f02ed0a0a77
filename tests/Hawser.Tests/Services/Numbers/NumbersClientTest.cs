using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

/// <summary>Well-formed lists, in every mode.</summary>
public sealed class NumbersClientTest
{
    public static TheoryData<string> Modes => ["default", "plain"];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Lists_are_stored_as_received_and_sorted(string mode)
    {
        const int Lists = 12;
        await using NumbersServer server = NumbersServer.Start(count: 30_000, seed: 11);
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, IReadOnlyList<ListFailure> doubts) =
            ListWorkshop.Run(mode, shop.Options(server.EndPoint, Lists));

        Assert.Empty(failures);
        Assert.Empty(doubts);
        Assert.Equal(2 * Lists, shop.Names().Length);
        // Which list got which place in the order of accept is not known, but each came once.
        Assert.Equal(
            Enumerable.Range(0, Lists).Select(index => NumbersServer.ListOf(11, index, 30_000)).Order(),
            Enumerable.Range(0, Lists).Select(shop.Unsorted).Order());
        Assert.All(
            Enumerable.Range(0, Lists),
            list => Assert.Equal(ListWorkshop.SortedByHand(shop.Unsorted(list)), shop.Sorted(list)));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("3,-1,2")]
    [InlineData("-0,007,-12\n")]
    [InlineData("9223372036854775807,1,-9223372036854775808,1\r\n")]
    public async Task A_list_may_come_a_byte_at_a_time(string list)
    {
        await using var server = new ScriptedServer(async (client, _) =>
        {
            foreach (byte one in Encoding.ASCII.GetBytes(list))
                await client.SendAsync(new[] { one }, SocketFlags.None);
        });
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run("default", shop.Options(server.EndPoint, 1));

        Assert.Empty(failures);
        Assert.Equal(list, shop.Unsorted(0));
        Assert.Equal(ListWorkshop.SortedByHand(list), shop.Sorted(0));
    }

    [Fact]
    public void The_defaults_are_those_of_the_guide()
    {
        var options = new NumbersClientOptions { Server = new IPEndPoint(IPAddress.Loopback, 1), Folder = "" };

        Assert.Equal(100, options.Lists);
        Assert.Equal(10_000_000, options.MaxCount);
        Assert.Equal(2, options.Retries);
        Assert.Equal(TimeSpan.FromSeconds(10), options.IdleTimeout);
        Assert.Equal(1024, options.MinBytesPerSecond);
        Assert.Equal((2 * options.Sorters, Environment.ProcessorCount), (options.Connections, options.Sorters));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Numbers_beyond_32_bits_are_sorted_as_numbers(string mode)
    {
        await using NumbersServer server = NumbersServer.Start(count: 40_000, min: long.MinValue, max: long.MaxValue);
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, shop.Options(server.EndPoint, 2));

        Assert.Empty(failures);
        Assert.All([0, 1], list => Assert.Equal(ListWorkshop.SortedByHand(shop.Unsorted(list)), shop.Sorted(list)));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Shorter_lists_replace_longer_ones_of_an_earlier_run_whole(string mode)
    {
        await using ScriptedServer first = ScriptedServer.Sending("300000,200000,100000");
        await using ScriptedServer second = ScriptedServer.Sending("2,1");
        using var shop = new ListWorkshop();
        ListWorkshop.Run(mode, shop.Options(first.EndPoint, 3));

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, shop.Options(second.EndPoint, 3));

        Assert.Empty(failures);
        Assert.All([0, 1, 2], list => Assert.Equal(("2,1", "1,2"), (shop.Unsorted(list), shop.Sorted(list))));
        Assert.Equal(6, shop.Names().Length);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Partial_files_of_a_killed_run_are_discarded(string mode)
    {
        await using ScriptedServer server = ScriptedServer.Sending("2,1");
        using var shop = new ListWorkshop();
        Directory.CreateDirectory(Path.Combine(shop.Folder, "unsorted_files"));
        Directory.CreateDirectory(Path.Combine(shop.Folder, "sorted_files"));
        File.WriteAllText(shop.PathOf("unsorted_files", 0) + ".part", "8,8,8,8,8");
        File.WriteAllText(shop.PathOf("sorted_files", 0) + ".part", "8,8,8,8,8");

        ListWorkshop.Run(mode, shop.Options(server.EndPoint, 1));

        Assert.Equal(["sorted_files/0.txt", "unsorted_files/0.txt"], shop.Names());
        Assert.Equal(("2,1", "1,2"), (shop.Unsorted(0), shop.Sorted(0)));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Resuming_fetches_only_what_is_not_whole(string mode)
    {
        await using ScriptedServer server = ScriptedServer.Sending("9,8");
        using var shop = new ListWorkshop();
        Directory.CreateDirectory(Path.Combine(shop.Folder, "unsorted_files"));
        File.WriteAllText(shop.PathOf("unsorted_files", 0), "4,3");
        File.WriteAllText(shop.PathOf("unsorted_files", 1), "4,3,");
        File.WriteAllText(shop.PathOf("unsorted_files", 2), "4,3,2");

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 4) with { Resume = true, Count = 2 });

        Assert.Empty(failures);
        Assert.Equal(["4,3", "9,8", "9,8", "9,8"], Enumerable.Range(0, 4).Select(shop.Unsorted));
        Assert.Equal(["3,4", "8,9", "8,9", "8,9"], Enumerable.Range(0, 4).Select(shop.Sorted));
        Assert.Equal(3, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_list_shorter_than_the_others_is_reported_as_suspicious(string mode)
    {
        await using ScriptedServer server = ScriptedServer.Sending("1,2,3", "1,2,3", "1,2", "1,2,3");
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, IReadOnlyList<ListFailure> doubts) =
            ListWorkshop.Run(mode, shop.Options(server.EndPoint, 4));

        Assert.Empty(failures);
        ListFailure doubt = Assert.Single(doubts);
        Assert.Equal("1,2", shop.Unsorted(doubt.List));
        Assert.Equal(
            "2 numbers, but most lists have 3; it may be truncated (--count 3 would fetch it again)", doubt.Message);
    }

    [Theory]
    [InlineData("1", "1,2", "1,2,3", "1,2,3,4")]
    [InlineData("1", "1", "1,2", "1,2")]
    public async Task Without_a_most_common_count_no_list_is_suspicious(params string[] lists)
    {
        await using ScriptedServer server = ScriptedServer.Sending(lists);
        using var shop = new ListWorkshop();

        Assert.Empty(ListWorkshop.Run("default", shop.Options(server.EndPoint, 4)).Doubts);
    }

    [Fact]
    public async Task Verifying_finds_a_changed_sorted_file()
    {
        await using ScriptedServer server = ScriptedServer.Sending("3,1,2");
        using var shop = new ListWorkshop();
        var client = new NumbersClient(shop.Options(server.EndPoint, 4));
        Assert.Empty(client.Run().Failures);
        Assert.Empty(client.Verify([]));

        File.WriteAllText(shop.PathOf("sorted_files", 1), "1,2,4");
        File.Delete(shop.PathOf("sorted_files", 2));

        IReadOnlyList<ListFailure> wrong = client.Verify([]);
        Assert.Equal([1, 2], wrong.Select(failure => failure.List));
        Assert.Equal("list 1: not sorted: number 2 is 4, not 3", wrong[0].ToString());
    }
}
