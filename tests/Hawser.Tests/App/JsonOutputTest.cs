using System.Net;
using System.Text.Json;
using Hawser.Tests.App.Lab;
using Hawser.Tests.Services.Clock;
using Hawser.Tests.Services.Numbers;
using Hawser.Tests.Services.Ping;
using Hawser.Tests.Services.Ping.Load;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>What the program prints with <c>--json</c> is what docs/json.schema.json says.</summary>
public sealed class JsonOutputTest : IDisposable
{
    private static readonly JsonElement Schema =
        JsonDocument.Parse(File.ReadAllBytes(ProgramRepository.PathOf("docs", "json.schema.json"))).RootElement;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_member_has_a_description_and_is_in_snake_case() =>
        AssertDescribed(Schema.GetProperty("$defs"), "$defs");

    [Fact]
    public async Task Each_pong_and_the_summary_are_objects()
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await ProgramProcess.RunAsync("ping", $"{server.EndPoint}", "-c", "2", "--json");

        result.IsDone();
        JsonElement[] lines = LinesOf(result, "ping.pong", "ping.pong", "ping.summary");
        Assert.Equal($"{server.EndPoint}", lines[1].GetProperty("server").GetString());
        Assert.Equal(2, lines[1].GetProperty("n").GetInt32());
        Assert.Equal(2, lines[2].GetProperty("round_trips").GetInt32());
        long[] roundTrips = [.. lines[..2].Select(line => line.GetProperty("round_trip_ns").GetInt64()).Order()];
        Assert.Equal(roundTrips[0], lines[2].GetProperty("min_ns").GetInt64(), 1.0);
        Assert.Equal(roundTrips[1], lines[2].GetProperty("max_ns").GetInt64(), 1.0);
    }

    [Fact]
    public async Task A_certificate()
    {
        ProgramResult result = await ProgramProcess.RunAsync("cert", "--out", _folder["own"], "--name", "::1", "--json");

        result.IsDone();
        JsonElement line = Assert.Single(LinesOf(result, "cert"));
        Assert.Equal("::1", line.GetProperty("names")[0].GetString());
        Assert.Matches("^sha256:[0-9a-f]{64}$", line.GetProperty("fingerprint").GetString());
    }

    [Fact]
    public async Task Pings_without_a_pong_print_no_latency()
    {
        ProgramResult result = await ProgramProcess.RunAsync("ping", "host.invalid", "--json");

        Assert.Equal(1, result.ExitCode);
        JsonElement summary = Assert.Single(LinesOf(result, "ping.summary"));
        Assert.Equal(1, summary.GetProperty("failed_clients").GetInt32());
        Assert.False(summary.TryGetProperty("median_ns", out _));
    }

    [Theory]
    [InlineData("--rate", "200")]
    [InlineData("--clients", "2")]
    public async Task A_load(params string[] options)
    {
        await using PingServer server = PingServer.Start("threads");

        ProgramResult result = await ProgramProcess.RunAsync(
            ["load", $"{server.EndPoint}", "-d", "1s", "--warm-up", "0", "--json-stream", .. options]);

        int views = result.Text.Split('\n').Length - 2;
        LinesOf(result, [.. Enumerable.Repeat("load.view", views), "load.report"]);
    }

    [Fact]
    public async Task A_load_without_a_round_trip_has_null_latencies()
    {
        EndPoint nowhere;
        using (var closed = new RawServer())
            nowhere = closed.EndPoint;

        ProgramResult result = await ProgramProcess.RunAsync("load", $"{nowhere}", "-d", "1s", "--warm-up", "0", "--json");

        Assert.Equal(1, result.ExitCode);
        JsonElement report = Assert.Single(LinesOf(result, "load.report"));
        Assert.Equal(JsonValueKind.Null, report.GetProperty("jain_index").ValueKind);
        foreach (string figure in (string[])["min_ns", "p999_ns", "max_ns", "mean_ns"])
            Assert.Equal(JsonValueKind.Null, report.GetProperty("latency").GetProperty(figure).ValueKind);
    }

    [Fact]
    public async Task Each_upload_and_the_verification_are_objects()
    {
        string one = _folder.Write("one", [1, 2, 3]);
        await using (ProgramProcess server = ProgramProcess.Start(
            "serve", "upload", "0", _folder["stored"], "--host", "127.0.0.1", "--manifest"))
        {
            IPEndPoint where = await server.ListeningAsync();
            ProgramResult sent = await ProgramProcess.RunAsync("upload", $"{where}", one, _folder["missing"], "--json");
            Assert.Equal(3, sent.ExitCode);
            JsonElement[] lines = LinesOf(sent, "upload", "upload");
            Assert.Equal("1.file", lines[0].GetProperty("stored_as").GetString());
            Assert.Contains("no such file", lines[1].GetProperty("error").GetString(), StringComparison.Ordinal);
            server.Signal(ProgramProcess.SIGTERM);
            await server.EndAsync();
        }
        _folder.Write("stored/1.file", [1, 2, 4]);

        ProgramResult verified = await ProgramProcess.RunAsync("upload", "verify", _folder["stored"], "--json");

        Assert.Equal(4, verified.ExitCode);
        JsonElement found = Assert.Single(LinesOf(verified, "upload.verify"));
        Assert.Equal(1, found.GetProperty("different").GetInt32());
        Assert.Equal(1, found.GetProperty("findings").GetArrayLength());
    }

    [Theory]
    [InlineData]
    [InlineData("--plain", "--verify")]
    [InlineData("--compare")]
    public async Task Numbers(params string[] options)
    {
        await using NumbersServer server = NumbersServer.Start(count: 100);

        ProgramResult result = await ProgramProcess.RunAsync(
            ["numbers", $"{server.EndPoint}", "--lists", "2", "--out", _folder.Root, "--json", .. options]);

        result.IsDone();
        LinesOf(result, "numbers");
    }

    [Theory]
    [InlineData("2", true)]
    [InlineData("3", false)]
    public async Task A_check_of_a_list_prints_its_outcome(string index, bool isVerified)
    {
        string path = _folder.Write("list", System.Text.Encoding.ASCII.GetBytes(NumbersServer.ListOf(1, 2, 100)));

        ProgramResult result = await ProgramProcess.RunAsync(
            "numbers", "check", path, "--seed", "1", "--index", index, "--count", "100", "--json");

        Assert.Equal(isVerified ? 0 : 4, result.ExitCode);
        JsonElement outcome = Assert.Single(LinesOf(result, "numbers.check"));
        Assert.Equal(isVerified, outcome.GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task A_clock_run_and_the_report_of_its_recordings_are_objects()
    {
        await using ClockStage stage = ClockStage.Start();
        ProgramResult run = await ProgramProcess.RunAsync(
            "clock", $"{stage.EndPoint}", "--clients", "2", "-d", "100ms", "--json", "--out", stage.Folder["out"]);
        Assert.Equal(0, run.ExitCode);
        LinesOf(run, "clock");

        File.Delete(Path.ChangeExtension(stage.ClientFile(0), ".exchanges.tsv"));
        ProgramResult report = await ProgramProcess.RunAsync(
            "clock", "report", stage.ClientFile(0), stage.ClientFile(1), "--json");

        report.IsDone();
        LinesOf(report, "clock");
    }

    private static JsonElement[] LinesOf(ProgramResult result, params string[] kinds)
    {
        Assert.EndsWith("\n", result.Text, StringComparison.Ordinal);
        JsonElement[] lines = [.. result.Text.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(kinds.Length, lines.Length);
        foreach ((JsonElement line, string kind) in lines.Zip(kinds))
            AssertIs(kind, line);
        return lines;
    }

    /// <summary>A line is what its definition says.</summary>
    internal static void AssertIs(string kind, JsonElement line)
    {
        string reference = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["$ref"] = $"#/$defs/{kind}",
            ["$defs"] = Schema.GetProperty("$defs"),
        });
        Assert.Empty(JsonSchemaCheck.Violations(JsonDocument.Parse(reference).RootElement, line));
    }

    private static void AssertDescribed(JsonElement schema, string at)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return;
        foreach (JsonProperty member in schema.EnumerateObject())
        {
            string place = $"{at}.{member.Name}";
            if (member.Name == "properties")
            {
                foreach (JsonProperty property in member.Value.EnumerateObject())
                {
                    Assert.Matches("^[a-z0-9_]+$", property.Name);
                    Assert.True(property.Value.TryGetProperty("description", out _), $"{place}.{property.Name}");
                }
            }
            AssertDescribed(member.Value, place);
        }
    }
}
