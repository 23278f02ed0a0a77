using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary><c>hawser load</c>, as a program.</summary>
public sealed class LoadVerbTest
{
    private const int Failed = 1;
    private const int PartlyDone = 3;

    [Fact]
    public async Task A_load_prints_a_summary_and_no_pongs()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await RunAsync(server.EndPoint, "--clients", "3");

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("pong", result.Text, StringComparison.Ordinal);
        Assert.StartsWith("3 clients, closed loop, 1.0 s measured after 0.1 s of warm-up\nround trips   ", result.Text,
            StringComparison.Ordinal);
        Assert.Matches(@"latency       min \d+(\.\d+)? µs  p50 ", result.Text);
        Assert.Contains("\nfairness      ", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_json_is_one_line_with_its_fields()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await RunAsync(server.EndPoint, "--clients", "3", "--rate", "500", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(result.Text.Length - 1, result.Text.IndexOf('\n', StringComparison.Ordinal));
        using JsonDocument json = JsonDocument.Parse(result.Text);
        JsonElement report = json.RootElement;
        Assert.Equal(("report", "open"),
            (report.GetProperty("type").GetString(), report.GetProperty("loop").GetString()));
        Assert.Equal(500, report.GetProperty("scheduled_per_second").GetDouble());
        Assert.Equal(3, report.GetProperty("clients").GetInt32());
        long roundTrips = report.GetProperty("round_trips").GetInt64();
        Assert.Equal(500, roundTrips + report.GetProperty("unanswered").GetInt64());
        foreach (string name in (string[])["latency", "service_time"])
        {
            JsonElement histogram = report.GetProperty(name);
            Assert.Equal(roundTrips, histogram.GetProperty("count").GetInt64());
            Assert.Equal(roundTrips,
                histogram.GetProperty("buckets").EnumerateArray().Sum(bucket => bucket[2].GetInt64()));
            long[] percentiles = [.. ((string[])["min_ns", "p50_ns", "p75_ns", "p90_ns", "p95_ns", "p99_ns", "p999_ns",
                "p9999_ns", "max_ns"]).Select(percentile => histogram.GetProperty(percentile).GetInt64())];
            Assert.Equal(percentiles.Order(), percentiles);
        }
        foreach (string name in (string[])["seconds", "round_trips_per_second", "failed_clients", "jain_index",
            "answered_clients", "slowest_client", "fastest_client", "load_cpu_share", "load_cpu_ns_per_round_trip"])
        {
            Assert.Equal(JsonValueKind.Number, report.GetProperty(name).ValueKind);
        }
        Assert.Equal(3, report.GetProperty("connect").GetProperty("count").GetInt32());
        Assert.Equal(3, report.GetProperty("first_answer").GetProperty("count").GetInt32());
        Assert.False(report.GetProperty("load_was_limit").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public async Task Shapes_are_named_in_the_report()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult pipelined = await RunAsync(server.EndPoint, "--pipeline", "16");

        Assert.StartsWith("1 client, closed loop, 16 pings at once, 1.0 s measured ", pipelined.Text,
            StringComparison.Ordinal);
        Assert.Matches(
            @"\nload client   \d+ % of its loops' time, \d+(\.\d+)? (ns|µs) per round trip\n", pipelined.Text);
        if (OperatingSystem.IsLinux())
        {
            ProgramResult churn = await RunAsync(server.EndPoint, "--churn");
            Assert.StartsWith("1 client, a connection for each ping, 1.0 s measured ", churn.Text,
                StringComparison.Ordinal);
            Assert.Equal(0, churn.ExitCode);
        }
    }

    [Theory]
    [InlineData("--rate", "100")]
    [InlineData("--until", "p99<1ms")]
    [InlineData("--pipeline", "2")]
    public async Task Churn_rejects_incompatible_options(string option, string value)
    {
        ProgramResult result = await RunAsync(new IPEndPoint(IPAddress.Loopback, 1), "--churn", option, value);

        result.IsError(2, $"{option}: does not apply beside --churn");
    }

    [Fact]
    public async Task Connections_that_fail_under_churn_are_reported_and_make_the_load_partly_done()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "churn needs Linux");
        int count = 0;
        await using TestServer server = TestServer.Start("select", async connection =>
        {
            // Every third connection ends without a pong.
            if (await connection.TryReadLineAsync(128) is { } ping && Interlocked.Increment(ref count) % 3 > 0)
                await connection.WriteAsync(Encoding.ASCII.GetBytes($"po{Encoding.ASCII.GetString(ping.Span)[2..]}\n"));
        });

        ProgramResult result = await RunAsync(server.EndPoint, "--churn");

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Matches(@"(?m)^WARNING: [1-9]\d* connections? failed in the measured time; the first error of the load: "
            + "client #0: closed without a pong$", result.Errors);
    }

    [Fact]
    public async Task The_json_stream_is_views_and_then_the_report()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await RunAsync(server.EndPoint, "--json-stream");

        JsonElement[] lines = [.. result.Text.Split('\n')[..^1]
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        Assert.True(lines.Length >= 3);
        Assert.All(lines[..^1], line => Assert.Equal("view", line.GetProperty("type").GetString()));
        Assert.Equal("report", lines[^1].GetProperty("type").GetString());
        // It looks when the measured time begins and when it ends, whoever wants to know what was spent between.
        double[] seconds = [.. lines[..^1].Select(line => line.GetProperty("seconds").GetDouble())];
        Assert.Equal(seconds.Order(), seconds);
        Assert.Equal(1, seconds[^1], 9);
        Assert.Equal(
            lines[^1].GetProperty("round_trips").GetInt64(),
            lines[..^1].Sum(line => line.GetProperty("new_round_trips").GetInt64()));
    }

    [Fact]
    public async Task The_last_view_has_the_connections_of_the_load()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await RunAsync(server.EndPoint, "--clients", "3", "--json-stream");

        JsonElement last = JsonSerializer.Deserialize<JsonElement>(result.Text.Split('\n')[^3]);
        Assert.Equal(("view", 3), (last.GetProperty("type").GetString(), last.GetProperty("connected").GetInt32()));
    }

    [Fact]
    public async Task Pongs_at_the_end_may_be_waited_for_without_limit()
    {
        await using PingServer server = PingServer.Start("threads", slowClient: "0=2s");

        ProgramResult result = await ProgramProcess.RunAsync(
            "load", $"{server.EndPoint}", "-d", "1s", "--warm-up", "0", "--timeout", "never", "--json");

        using JsonDocument json = JsonDocument.Parse(result.Text);
        Assert.Equal(1, json.RootElement.GetProperty("round_trips").GetInt64());
        Assert.Equal(0, json.RootElement.GetProperty("unanswered").GetInt64());
    }

    [Fact]
    public async Task Several_servers_are_named_one_after_the_other()
    {
        await using PingServer one = PingServer.Start("threads");
        await using PingServer other = PingServer.Start("threads");

        ProgramResult result = await RunAsync(one.EndPoint, $"{other.EndPoint}", "--clients", "2");

        Assert.Equal(0, result.ExitCode);
        Assert.All((PingServer[])[one, other], server => Assert.Single(
            server.Log.Lines, line => line.StartsWith("+ connection", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Partial_and_total_client_failures_have_different_exit_codes()
    {
        await using PingServer server = PingServer.Start("threads");
        EndPoint nowhere;
        using (var closed = new RawServer())
            nowhere = closed.EndPoint;

        ProgramResult some = await RunAsync(server.EndPoint, $"{nowhere}", "--clients", "2");
        ProgramResult all = await RunAsync(nowhere);

        Assert.Equal(PartlyDone, some.ExitCode);
        Assert.Contains("ERROR: 1 of 2 clients failed, first client #1: ", some.Errors, StringComparison.Ordinal);
        Assert.Equal(Failed, all.ExitCode);
        Assert.Contains("\nlatency       none\n", all.Text, StringComparison.Ordinal);
        Assert.Contains("\nfairness      none\n", all.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_stops_the_load_and_prints_the_figures_so_far()
    {
        await using PingServer server = PingServer.Start("threads");
        await using ProgramProcess program = ProgramProcess.Start(
            "load", $"{server.EndPoint}", "--duration", "5m", "--warm-up", "0");
        await program.Errors.LineWithAsync(" round trips");
        program.Signal(ProgramProcess.SIGTERM);

        ProgramResult result = await program.EndAsync();

        Assert.Matches(@"^1 client, closed loop, .*\nround trips   [1-9]", result.Text);
        Assert.DoesNotContain("ERROR", result.Errors, StringComparison.Ordinal);
        Assert.Equal(PartlyDone, result.ExitCode);
    }

    [Fact]
    public async Task A_rate_search_against_a_closed_port_fails_without_figures()
    {
        EndPoint nowhere;
        using (var closed = new RawServer())
            nowhere = closed.EndPoint;

        ProgramResult result = await RunAsync(nowhere, "--until", "p50<1ms");

        result.IsError(Failed, "refused the connection");
    }

    [Fact]
    public async Task A_server_crash_ends_the_measured_time()
    {
        await using ProgramProcess server = ProgramProcess.Start("serve", "ping", "--port", "0");
        IPEndPoint where = await server.ListeningAsync();
        await using ProgramProcess load = ProgramProcess.Start("load", $"{where}", "--duration", "10m", "--warm-up", "0");
        await Patience.UntilAsync(() =>
            load.Errors.Lines.Any(line => Regex.IsMatch(line, "[1-9][0-9,]* round trips")));
        server.Signal(ProgramProcess.SIGKILL);

        ProgramResult result = await load.EndAsync();

        Assert.Equal(PartlyDone, result.ExitCode);
        Assert.Matches(@"^1 client, closed loop, \d+\.\d s measured ", result.Text);
    }

    [Fact]
    public async Task Pings_under_way_at_a_signal_are_not_unanswered()
    {
        await using PingServer server = PingServer.Start("threads", slowClient: "0=100ms");
        await using ProgramProcess program = ProgramProcess.Start(
            "load", $"{server.EndPoint}", "--duration", "5m", "--warm-up", "0");
        await program.Errors.LineWithAsync(" round trips");
        program.Signal(ProgramProcess.SIGINT);

        Assert.DoesNotContain("unanswered", (await program.EndAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_says_each_step_and_gives_up_where_even_the_first_rate_is_too_much()
    {
        await using PingServer server = PingServer.Start("select", slowClient: "0=20ms");

        ProgramResult result = await RunAsync(server.EndPoint, "--until", "p50<1ms");

        Assert.Matches(@"^ +1,000/s  p50 .*  not kept\n", result.Errors);
        Assert.EndsWith("ERROR: p50<1 ms is not met even at the first rate; start lower with --rate\n", result.Errors,
            StringComparison.Ordinal);
        Assert.Equal(Failed, result.ExitCode);
    }

    [Fact]
    public async Task A_search_whose_steps_are_shorter_than_its_goal_is_refused()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await RunAsync(server.EndPoint, "--until", "p99<3s");

        result.IsError(2, "--duration: 1 s is too short for p99<3 s; use more than 3 s");
    }

    private static Task<ProgramResult> RunAsync(EndPoint server, params string[] arguments) => ProgramProcess.RunAsync(
        ["load", $"{server}", .. arguments, "--duration", "1s", "--warm-up", "100ms"]);
}
