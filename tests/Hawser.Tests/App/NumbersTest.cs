using System.Net;
using System.Text.Json;
using Hawser.Tests.Services.Numbers;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class NumbersTest
{
    private const int Failed = 1;
    private const int Misused = 2;
    private const int PartlyDone = 3;
    private const string Times = @"Files download time: \d+\.\d+\nSorting time: \d+\.\d+\n";

    [Fact]
    public async Task The_server_says_where_it_listens_and_to_whom_it_has_sent_a_list()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "numbers", "--port", "0", "--count", "10");
        IPEndPoint endPoint = await server.ListeningAsync();
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        string list = System.Text.Encoding.ASCII.GetString(await client.ReceiveToEndAsync());
        await server.Output.LineWithAsync("Sent a file");
        server.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await server.EndAsync();

        Assert.Equal(10, list.Split(',').Length);
        Assert.Equal(
            $"Listening on 0.0.0.0:{endPoint.Port}\n"
                + $"Sent a file to ('127.0.0.1', {((IPEndPoint)client.LocalEndPoint).Port})\n",
            result.Text);
        Assert.Contains("stopped: 1 connection finished", result.Errors, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData]
    [InlineData("--plain")]
    [InlineData("--parallel", "3")]
    public async Task The_two_times_and_nothing_else_are_printed(params string[] options)
    {
        await using NumbersServer server = NumbersServer.Start(count: 5000);
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(server.EndPoint, shop, ["--lists", "7", .. options]);

        result.IsDone();
        Assert.Matches($@"\A{Times}\z", result.Text);
        Assert.Equal(14, shop.Names().Length);
        Assert.All(
            Enumerable.Range(0, 7),
            list => Assert.Equal(ListWorkshop.SortedByHand(shop.Unsorted(list)), shop.Sorted(list)));
    }

    [Fact]
    public async Task A_hundred_lists_are_the_default()
    {
        await using NumbersServer server = NumbersServer.Start(count: 10);
        using var shop = new ListWorkshop();

        (await RunAsync(server.EndPoint, shop)).IsDone();

        Assert.Equal(200, shop.Names().Length);
        Assert.Contains("unsorted_files/99.txt", shop.Names());
    }

    [Fact]
    public async Task Comparing_prints_before_after_and_the_speed_up_of_each_phase()
    {
        await using NumbersServer server = NumbersServer.Start(count: 5000);
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(server.EndPoint, shop, "--lists", "4", "--compare");

        result.IsDone();
        Assert.Matches(
            $@"\AOne by one, on one thread:\n{Times}Over \d+ connections, on \d+ threads:\n{Times}"
                + @"Speed-up: download \d+\.\d\d, sorting \d+\.\d\d\n\z",
            result.Text);
    }

    [Theory]
    [InlineData("parallel", "download_seconds,sorting_seconds")]
    [InlineData("plain", "download_seconds,sorting_seconds", "--plain")]
    [InlineData("compare", "before,after,download_speed_up,sorting_speed_up", "--compare")]
    public async Task The_timings_are_available_as_json(string mode, string figures, params string[] options)
    {
        await using NumbersServer server = NumbersServer.Start(count: 100);
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(
            server.EndPoint, shop, ["--lists", "3", "--json", "--verify", .. options]);

        result.IsDone();
        JsonElement json = JsonDocument.Parse(result.Text).RootElement;
        Assert.Equal(
            $"lists,failed,verified,mode,{figures}", string.Join(',', json.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(mode, json.GetProperty("mode").GetString());
        Assert.Equal(
            (3, 0, 3),
            (json.GetProperty("lists").GetInt32(), json.GetProperty("failed").GetInt32(),
                json.GetProperty("verified").GetInt32()));
    }

    [Fact]
    public async Task A_malformed_list_is_named_with_its_byte_and_the_others_are_verified()
    {
        await using ScriptedServer server = ScriptedServer.Sending("2,1", "2,1", "12,3x4", "2,1");
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(server.EndPoint, shop, "--lists", "6", "--verify");

        Assert.Matches(
            @"\AERROR: list \d, byte 4: expected a digit or a comma, found 'x'\n\z", result.Errors);
        Assert.EndsWith("Verified: 5 of 6 lists\n", result.Text, StringComparison.Ordinal);
        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Equal(11, shop.Names().Length);
    }

    [Fact]
    public async Task A_list_that_may_be_cut_is_warned_of()
    {
        await using ScriptedServer server = ScriptedServer.Sending("3,2,1", "3,2", "3,2,1");
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(server.EndPoint, shop, "--lists", "4");

        Assert.Matches(
            @"\AWARNING: list \d: 2 numbers, but most lists have 3; it may be truncated \(--count 3 would fetch it "
                + @"again\)\n\z",
            result.Errors);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData]
    [InlineData("--plain")]
    [InlineData("--compare")]
    public async Task An_unreachable_server_fails_with_a_few_error_lines(params string[] options)
    {
        ScriptedServer server = ScriptedServer.Sending("1");
        IPEndPoint endPoint = server.EndPoint;
        await server.DisposeAsync();
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(endPoint, shop, options);

        // Mostly two: the lists that failed, and the rest. A thread may still fail at one behind the first not tried.
        string[] lines = result.Errors.Split('\n')[..^1];
        Assert.InRange(lines.Length, 2, 2 * Environment.ProcessorCount * 2);
        Assert.All(lines, line => Assert.Matches(
            $@"^ERROR: lists? \d+( to \d+)?: ({endPoint} refused the connection; is the server running there\?"
            + "|not tried: 5 lists in a row failed)$", line));
        Assert.Empty(result.Text);
        Assert.Matches("^ERROR: lists [0-9]+ to 99: not tried: 5 lists in a row failed$", lines[^1]);
        Assert.Equal(Failed, result.ExitCode);
        Assert.Empty(shop.Names());
    }

    [Theory]
    [InlineData("download_seconds,sorting_seconds")]
    [InlineData("download_speed_up,sorting_speed_up", "--compare")]
    public async Task What_was_not_measured_is_null_in_json(string figures, params string[] options)
    {
        await using ScriptedServer server = ScriptedServer.Sending("");
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(server.EndPoint, shop, ["--lists", "2", "--json", .. options]);

        JsonElement json = JsonDocument.Parse(result.Text).RootElement;
        Assert.All(figures.Split(','), name => Assert.Equal(JsonValueKind.Null, json.GetProperty(name).ValueKind));
        Assert.Equal(Failed, result.ExitCode);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("1;2", false)]
    public async Task A_phase_without_a_list_has_no_time(string list, bool isSorted)
    {
        await using ScriptedServer server = ScriptedServer.Sending(list);
        using var shop = new ListWorkshop();

        ProgramResult result = await RunAsync(server.EndPoint, shop, "--lists", "2", "--compare");

        Assert.Contains("Files download time: ", result.Text, StringComparison.Ordinal);
        Assert.Equal(isSorted, result.Text.Contains("Sorting time: ", StringComparison.Ordinal));
        Assert.Equal(isSorted, result.Text.Contains("Speed-up: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_killed_server_costs_what_it_had_not_sent()
    {
        await using ProgramProcess server = ProgramProcess.Start(
            "serve", "numbers", "--host", "127.0.0.1", "--port", "0", "--count", "100000");
        IPEndPoint endPoint = await server.ListeningAsync();
        using var shop = new ListWorkshop();
        await using ProgramProcess client = ProgramProcess.Start(
            "numbers", "--port", $"{endPoint.Port}", "--out", shop.Folder, "--lists", "100000", "--count", "100000");
        await server.Output.LineWithAsync("Sent a file");
        server.Signal(ProgramProcess.SIGKILL);

        ProgramResult result = await client.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Matches("ERROR: lists [0-9]+ to 99999: not tried: 5 lists in a row failed\n", result.Errors);
        Assert.All(
            shop.Names().Where(name => name.StartsWith("unsorted", StringComparison.Ordinal)),
            name => Assert.Equal(100_000, File.ReadAllText(Path.Combine(shop.Folder, name)).Split(',').Length));
        Assert.DoesNotContain(shop.Names(), name => !name.EndsWith(".txt", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_full_disk_costs_the_lists_that_do_not_fit_and_leaves_no_half_ones()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting needs root on Linux");
        // One of the large lists fits, but not its sorted copy.
        string large = string.Join(',', Enumerable.Repeat("123456789", 60_000));
        await using ScriptedServer server = ScriptedServer.Sending("2,1", large);
        using var shop = new ListWorkshop();
        // The file system is the shell's own and gone with it.
        await using ProgramProcess program = ProgramProcess.StartInShell(
            """
            exec unshare --mount sh -c '
              mount -t tmpfs -o size=1m none "$FILE" || exit 77
              "$@"; code=$?; cd "$FILE"; find . -type f; exit $code' sh "$@"
            """,
            shop.Folder, "numbers", "--port", $"{server.EndPoint.Port}", "--out", shop.Folder,
            "--lists", "20", "--plain", "--json");

        ProgramResult result = await program.EndAsync();

        Assert.SkipWhen(result.ExitCode is 77 or 1 && !result.Errors.Contains("ERROR", StringComparison.Ordinal),
            "mounting is not allowed here");
        Assert.Contains("ERROR: list 1: No space left on device", result.Errors, StringComparison.Ordinal);
        Assert.Contains("ERROR: list 2: No space left on device", result.Errors, StringComparison.Ordinal);
        Assert.Contains("to 19: not tried: 5 lists in a row failed\n", result.Errors, StringComparison.Ordinal);
        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Contains("./sorted_files/0.txt\n", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(".part", result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--compare: does not apply with --plain", "--plain", "--compare")]
    [InlineData("--resume: does not apply with --compare", "--compare", "--resume")]
    [InlineData("--lists: '0' is out of bounds", "--lists", "0")]
    [InlineData("'x' is not a count", "--count", "x")]
    [InlineData("'100000001' is out of bounds", "--count", "100000001")]
    [InlineData("'70000' is out of bounds", "--port", "70000")]
    [InlineData("--parallel: '-1' is out of bounds", "--parallel", "-1")]
    [InlineData("soon", "--idle-timeout", "soon")]
    [InlineData("unknown option '--sideways'", "--sideways")]
    public async Task Invalid_numbers_client_options_are_rejected(string message, params string[] options)
    {
        using var shop = new ListWorkshop();

        (await ProgramProcess.RunAsync(["numbers", "--out", shop.Folder, .. options])).IsError(Misused, message);

        Assert.Empty(shop.Names());
    }

    [Theory]
    [InlineData("--max 4 is below --min 5", "--min", "5", "--max", "4")]
    [InlineData("'0' is out of bounds", "--count", "0")]
    [InlineData("'1e3' is not a 64-bit number", "--min", "1e3")]
    [InlineData("'-1' is not a seed", "--seed", "-1")]
    public async Task Invalid_numbers_server_options_are_rejected(string message, params string[] options) =>
        (await ProgramProcess.RunAsync(["serve", "numbers", "--port", "0", .. options])).IsError(Misused, message);

    private static Task<ProgramResult> RunAsync(EndPoint server, ListWorkshop shop, params string[] options) =>
        ProgramProcess.RunAsync(
            ["numbers", "--port", $"{((IPEndPoint)server).Port}", "--out", shop.Folder, .. options]);
}
