using System.Net.Sockets;
using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

/// <summary>Malformed lists and servers that fail, in every mode.</summary>
public sealed class NumbersFailureTest
{
    public static TheoryData<string> Modes => NumbersClientTest.Modes;

    public static TheoryData<string, string, string> MalformedListsInEveryMode
    {
        get
        {
            var all = new TheoryData<string, string, string>();
            foreach (string mode in Modes.Select(row => row.Data))
            {
                all.Add(mode, "pong 0 1\n", "byte 0: expected a number, found 'p'; is it a numbers server?");
                all.Add(mode, "12,3x4", "byte 4: expected a digit or a comma, found 'x'");
                all.Add(mode, "1,,2", "byte 2: expected a number, found ','");
                all.Add(mode, "1,--5", "byte 3: expected a digit, found '-'");
                all.Add(mode, "1, 2", "byte 2: expected a number, found byte 0x20");
                all.Add(mode, "9223372036854775808", "byte 18: the number exceeds 64 bits");
                all.Add(mode, "1\n2", "byte 2: expected the end of the list, found '2'");
            }
            return all;
        }
    }

    public static TheoryData<string, int?, string, string> EndlessListsInEveryMode
    {
        get
        {
            var all = new TheoryData<string, int?, string, string>();
            foreach (string mode in Modes.Select(row => row.Data))
            {
                all.Add(mode, 3, "1,22,", "byte 6: the list continues after 3 numbers");
                // In the second piece of 256 KiB.
                all.Add(mode, 90_000, "1,22,", "byte 224999: the list continues after 90000 numbers");
                all.Add(
                    mode, null, "1234,", "byte 499999: the list continues after 100000 numbers; --count allows more");
                all.Add(mode, 20_000, "0000000000", "byte 420001: the list is too long for 20000 numbers");
            }
            return all;
        }
    }

    public static TheoryData<string, string, string> CutListsInEveryMode
    {
        get
        {
            var all = new TheoryData<string, string, string>();
            foreach (string mode in Modes.Select(row => row.Data))
            {
                all.Add(mode, "", "byte 0: the list is empty; is it a numbers server?");
                all.Add(mode, "1,2,", "byte 4: the list ends in a comma");
                all.Add(mode, "1,-", "byte 3: the list ends in a minus sign");
                all.Add(mode, "1,2", "byte 3: the list has 2 numbers, not 3");
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(MalformedListsInEveryMode))]
    public async Task A_malformed_list_is_kept_as_it_came_and_the_others_are_done(
        string mode, string list, string message)
    {
        await using ScriptedServer server = ScriptedServer.Sending("2,1", list, "3,2");
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 3) with { Connections = 1, Sorters = 1 });

        Assert.Equal([new ListFailure(1, message)], failures);
        Assert.Equal(list, shop.Unsorted(1));
        Assert.Equal(
            ["sorted_files/0.txt", "sorted_files/2.txt"],
            shop.Names().Except(["unsorted_files/0.txt", "unsorted_files/1.txt", "unsorted_files/2.txt"]));
    }

    [Theory]
    [MemberData(nameof(CutListsInEveryMode))]
    public async Task A_list_that_is_cut_every_time_is_tried_three_times_and_not_kept(
        string mode, string list, string message)
    {
        await using ScriptedServer server = ScriptedServer.Sending(list);
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 1) with { Count = 3 });

        Assert.Equal([new ListFailure(0, message)], failures);
        Assert.Empty(shop.Names());
        Assert.Equal(3, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_download_that_breaks_twice_is_begun_again(string mode)
    {
        await using var server = new ScriptedServer(async (client, index) =>
        {
            await ScriptedServer.SendAsync(client, "30,20,10");
            if (index < 2)
                client.Close(timeout: 0);
        });
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 1) with { Count = 3 });

        Assert.Empty(failures);
        Assert.Equal(("30,20,10", "10,20,30"), (shop.Unsorted(0), shop.Sorted(0)));
        Assert.Equal(3, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_server_that_always_resets_leaves_the_lists_of_an_earlier_run_intact(string mode)
    {
        await using ScriptedServer good = ScriptedServer.Sending("2,1");
        await using var bad = new ScriptedServer(async (client, _) =>
        {
            await ScriptedServer.SendAsync(client, "3,2,1");
            client.Close(timeout: 0);
        });
        using var shop = new ListWorkshop();
        ListWorkshop.Run(mode, shop.Options(good.EndPoint, 2));

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, shop.Options(bad.EndPoint, 1));

        Assert.Equal([new ListFailure(0, "the peer reset the connection")], failures);
        Assert.Equal(4, shop.Names().Length);
        Assert.Equal(("2,1", "1,2"), (shop.Unsorted(0), shop.Sorted(0)));
        Assert.Equal(3, bad.Accepted);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_wrong_count_leaves_the_lists_of_an_earlier_run_intact(string mode)
    {
        await using ScriptedServer server = ScriptedServer.Sending("2,1");
        using var shop = new ListWorkshop();
        NumbersClientOptions options = shop.Options(server.EndPoint, 3);
        ListWorkshop.Run(mode, options);

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, options with { Count = 3 });

        Assert.Equal(3, failures.Count);
        Assert.Equal(6, shop.Names().Length);
        Assert.All([0, 1, 2], list => Assert.Equal(("2,1", "1,2"), (shop.Unsorted(list), shop.Sorted(list))));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_malformed_list_takes_the_sorted_list_of_an_earlier_one_away(string mode)
    {
        await using ScriptedServer server = ScriptedServer.Sending("2,1", "2;1");
        using var shop = new ListWorkshop();
        ListWorkshop.Run(mode, shop.Options(server.EndPoint, 1));

        ListWorkshop.Run(mode, shop.Options(server.EndPoint, 1));

        Assert.Equal(["unsorted_files/0.txt"], shop.Names());
        Assert.Equal("2;1", shop.Unsorted(0));
    }

    [Theory]
    [MemberData(nameof(EndlessListsInEveryMode))]
    public async Task A_list_that_is_too_long_is_left_at_the_bound_and_not_tried_again(
        string mode, int? count, string piece, string message)
    {
        await using ScriptedServer server = Endless(piece);
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 1) with { Count = count, MaxCount = 100_000 });

        Assert.Equal([new ListFailure(0, message)], failures);
        Assert.Equal(1, server.Accepted);
        Assert.Empty(shop.Names());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task The_longest_list_of_a_count_is_taken(string mode)
    {
        const string Longest = "-9223372036854775808,-9223372036854775808\r\n";
        await using ScriptedServer server = ScriptedServer.Sending(Longest);
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 1) with { Count = 2 });

        Assert.Empty(failures);
        Assert.Equal(Longest, shop.Unsorted(0));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_server_that_dies_half_way_costs_the_lists_that_are_not_whole(string mode)
    {
        ScriptedServer? server = null;
        server = new ScriptedServer(async (client, index) =>
        {
            if (index == 6)
                server!.StopListening();
            await ScriptedServer.SendAsync(client, index < 6 ? "3,2,1" : "3,2");
        });
        await using ScriptedServer dying = server;
        using var shop = new ListWorkshop();
        var options = shop.Options(dying.EndPoint, 40) with { Count = 3, Connections = 1 };

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, options);

        Assert.Equal(Enumerable.Range(6, 34), failures.Select(failure => failure.List));
        Assert.Equal(12, shop.Names().Length);
        Assert.All(Enumerable.Range(0, 6), list => Assert.Equal("1,2,3", shop.Sorted(list)));
        string[] lines = [.. ListFailure.Describe(failures)];
        Assert.Equal(3, lines.Length);
        Assert.Equal("list 6, byte 3: the list has 2 numbers, not 3", lines[0]);
        Assert.StartsWith("lists 7 to 11: ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("refused the connection; is the server running there?", lines[1], StringComparison.Ordinal);
        Assert.Equal("lists 12 to 39: not tried: 5 lists in a row failed", lines[2]);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task An_absent_server_leaves_the_lists_of_an_earlier_run_intact(string mode)
    {
        ScriptedServer server = ScriptedServer.Sending("2,1");
        using var shop = new ListWorkshop();
        ListWorkshop.Run(mode, shop.Options(server.EndPoint, 2));
        NumbersClientOptions options = shop.Options(server.EndPoint, 2);
        await server.DisposeAsync();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, options);

        Assert.Equal(2, failures.Count);
        Assert.All([0, 1], list => Assert.Equal(("2,1", "1,2"), (shop.Unsorted(list), shop.Sorted(list))));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_server_that_falls_silent_is_waited_for_once_and_no_longer_than_the_idle_timeout(string mode)
    {
        var over = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (client, _) =>
        {
            await client.SendAsync("3,2"u8.ToArray(), SocketFlags.None);
            await over.Task;
        });
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 1) with { IdleTimeout = TimeSpan.FromMilliseconds(100) });
        over.SetResult();

        Assert.Equal([new ListFailure(0, "idle timeout")], failures);
        Assert.Equal(1, server.Accepted);
        Assert.Empty(shop.Names());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_silent_server_is_reported_with_a_hint(string mode)
    {
        var over = new TaskCompletionSource();
        await using var server = new ScriptedServer((_, _) => over.Task);
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(
            mode, shop.Options(server.EndPoint, 1) with { IdleTimeout = TimeSpan.FromMilliseconds(100) });
        over.SetResult();

        Assert.Equal(
            [new ListFailure(0, "the server sent nothing within 100 ms; is it a numbers server?")], failures);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_server_that_trickles_is_left_after_an_idle_timeout_and_not_asked_again(string mode)
    {
        await using ScriptedServer server = Endless("1,");
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, shop.Options(server.EndPoint, 1) with
        {
            MinBytesPerSecond = 1L << 40,
            TimeProvider = new SecondPerReceive(),
        });

        ListFailure failure = Assert.Single(failures);
        Assert.Matches(
            @"\Athe server is too slow: [0-9.]+ k?M?B in 10 s, where at least [0-9.]+ TB per second are required\z",
            failure.Message);
        Assert.Equal(1, server.Accepted);
        Assert.Empty(shop.Names());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_list_that_was_cut_by_a_server_that_then_left_is_reported_as_cut(string mode)
    {
        ScriptedServer? server = null;
        server = new ScriptedServer(async (client, _) =>
        {
            server!.StopListening();
            await ScriptedServer.SendAsync(client, "3,2,");
        });
        await using ScriptedServer leaving = server;
        using var shop = new ListWorkshop();

        (IReadOnlyList<ListFailure> failures, _) = ListWorkshop.Run(mode, shop.Options(leaving.EndPoint, 1));

        Assert.Equal([new ListFailure(0, "byte 4: the list ends in a comma")], failures);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_fails_at_once()
    {
        using var shop = new ListWorkshop();
        string file = Path.Combine(shop.Folder, "file");
        File.WriteAllText(file, "");

        Assert.ThrowsAny<IOException>(() => new NumbersClient(shop.Options(new System.Net.IPEndPoint(1, 1), 1) with
        {
            Folder = file,
        }));
    }

    [Fact]
    public void Consecutive_equal_failures_are_reported_in_one_line() =>
        Assert.Equal(
            ["list 1: a", "lists 3 to 5: a", "list 6, byte 4711: b", "lists 8 to 9, byte 0: c"],
            ListFailure.Describe(
            [
                new(1, "a"), new(3, "a"), new(4, "a"), new(5, "a"), new(6, "byte 4711: b"), new(8, "byte 0: c"),
                new(9, "byte 0: c"),
            ]));

    /// <summary>Sends the piece again and again until the client leaves.</summary>
    private static ScriptedServer Endless(string piece) => new(async (client, _) =>
    {
        try
        {
            while (true)
                await ScriptedServer.SendAsync(client, piece);
        }
        catch (IOException)
        {
            // The client has left.
        }
    });

    /// <summary>A clock on which each receive takes a second.</summary>
    private sealed class SecondPerReceive : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, TimeSpan.TicksPerSecond);
    }
}
