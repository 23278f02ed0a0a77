using System.Net;
using System.Text.Json.Nodes;
using Hawser.App.LoadReports;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.App.Output;

public sealed class LoadJsonTest
{
    private static readonly PingLoadOptions Load = new()
    {
        Servers = [new IPEndPoint(IPAddress.Loopback, 1)],
        Clients = 3,
        Rate = 500,
    };

    [Fact]
    public void A_report_reads_back_as_it_was_written()
    {
        PingLoadReport written = Report();

        PingLoadReport read = LoadJson.Read(Line(written), Load, _ => Assert.Fail("it is no view"), "agent 10.0.0.3")!;

        Assert.Same(Load, read.Options);
        AssertSame(written.Latency, read.Latency);
        AssertSame(written.ServiceTime, read.ServiceTime);
        AssertSame(written.FirstAnswer, read.FirstAnswer);
        AssertSame(written.Connect, read.Connect);
        Assert.Equal((written.Time, written.Rate, written.Unanswered, written.Failed),
            (read.Time, read.Rate, read.Unanswered, read.Failed));
        Assert.Equal((written.JainIndex, written.AnsweredClients, written.Slowest, written.Fastest),
            (read.JainIndex, read.AnsweredClients, read.Slowest, read.Fastest));
        Assert.Equal((written.CpuShare, written.CpuPerRoundTrip), (read.CpuShare, read.CpuPerRoundTrip));
        Assert.Equal("agent 10.0.0.3: client #2: no \\u001B way", read.FirstError);
    }

    [Fact]
    public void A_report_without_a_round_trip_reads_back_as_well()
    {
        PingLoadReport read = LoadJson.Read(Line(new PingLoadReport(Load)), Load, _ => { })!;

        Assert.Equal((0, 1, null), (read.RoundTrips, read.JainIndex, read.FirstError));
    }

    [Fact]
    public void A_view_reads_back_as_it_was_written()
    {
        var views = new List<PingLoadView>();
        var written = new PingLoadView(TimeSpan.FromSeconds(1.5))
        {
            RoundTrips = 99,
            Connected = 2,
            Failed = 1,
            Latency = Random(40),
        };

        Assert.Null(LoadJson.Read(LoadJson.Of(written), Load, views.Add));

        PingLoadView read = Assert.Single(views);
        Assert.Equal((written.Elapsed, 99, 40, 2, 1),
            (read.Elapsed, read.RoundTrips, read.NewRoundTrips, read.Connected, read.Failed));
        AssertSame(written.Latency, read.Latency);
    }

    [Theory]
    [InlineData("clients", 4)]
    [InlineData("round_trips", 41)]
    [InlineData("failed_clients", 4)]
    [InlineData("answered_clients", -1)]
    [InlineData("jain_index", 0)]
    [InlineData("unanswered", -1)]
    [InlineData("seconds", -1)]
    [InlineData("seconds", 1e300)]
    [InlineData("round_trips_per_second", 1e300)]
    [InlineData("unanswered", long.MaxValue)]
    [InlineData("load_cpu_ns_per_round_trip", 1e20)]
    [InlineData("latency", null)]
    [InlineData("type", 7)]
    public void A_report_with_a_member_that_is_out_of_bounds_is_refused(string member, object? value)
    {
        JsonObject report = JsonNode.Parse(Line(Report()))!.AsObject();
        report[member] = JsonValue.Create(value);

        Assert.StartsWith("malformed report of the load: ", Assert.Throws<FormatException>(
            () => LoadJson.Read(report.ToJsonString(), Load, _ => { })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "report", "clients": 3 }""", "latency: missing")]
    [InlineData("""{ "type": "view", "seconds": "x" }""", "seconds: not a number")]
    [InlineData("""{ "type": "view", "seconds": 1e12 }""", "seconds: out of bounds")]
    [InlineData("""{ "type": "view", "seconds": 1, "round_trips": 1.5 }""", "round_trips: not an integer")]
    [InlineData("""{ "type": 7 }""", "type: not a string")]
    [InlineData("""{ "type": "\ud800" }""", "a string is not Unicode")]
    [InlineData("{}", "type: missing")]
    [InlineData("[]", "type: missing")]
    [InlineData("HTTP/1.1 400", "line 1: 'H' is an invalid start of a value.")]
    public void What_is_wrong_with_a_line_is_said_in_our_words(string line, string fault) => Assert.Equal(
        $"malformed report of the load: {fault}",
        Assert.Throws<FormatException>(() => LoadJson.Read(line, Load, _ => { })).Message);

    [Theory]
    [InlineData("max_ns", long.MaxValue)]
    [InlineData("mean_ns", "x")]
    [InlineData("min_ns", 0.5)]
    [InlineData("buckets", 5)]
    [InlineData("count", 2)]
    [InlineData("count", long.MaxValue)]
    [InlineData("min_ns", -5)]
    [InlineData("mean_ns", 1e300)]
    [InlineData("buckets", null)]
    public void A_histogram_that_contradicts_itself_is_refused(string member, object? value)
    {
        JsonObject report = JsonNode.Parse(Line(Report()))!.AsObject();
        report["connect"]![member] = JsonValue.Create(value);

        Assert.Throws<FormatException>(() => LoadJson.Read(report.ToJsonString(), Load, _ => { }));
    }

    [Fact]
    public void A_bucket_that_is_not_three_numbers_is_refused()
    {
        JsonObject report = JsonNode.Parse(Line(Report()))!.AsObject();
        report["connect"]!["buckets"] = new JsonArray(new JsonArray());

        Assert.Throws<FormatException>(() => LoadJson.Read(report.ToJsonString(), Load, _ => { }));
    }

    [Fact]
    public void What_is_no_json_is_refused() =>
        Assert.Throws<FormatException>(() => LoadJson.Read("HTTP/1.1 400", Load, _ => { }));

    private static string Line(PingLoadReport report) => LoadJson.Of(new LoadOutcome(report));

    private static PingLoadReport Report() => new(Load)
    {
        Time = TimeSpan.FromSeconds(2),
        Rate = 20,
        Latency = Random(40),
        ServiceTime = Random(40),
        FirstAnswer = Random(3),
        Connect = Random(3),
        Unanswered = 2,
        Failed = 1,
        FirstError = "client #2: no \u001b way",
        JainIndex = 0.75,
        AnsweredClients = 3,
        Slowest = 1,
        Fastest = 30,
        CpuShare = 0.5,
        CpuTime = TimeSpan.FromMilliseconds(4),
    };

    private static LatencyHistogram Random(int count)
    {
        var random = new Random(count);
        var histogram = new LatencyHistogram();
        for (int i = 0; i < count; i++)
            histogram.Record((long)Math.Exp(5 + (15 * random.NextDouble())));
        return histogram;
    }

    private static void AssertSame(LatencyHistogram written, LatencyHistogram read)
    {
        Assert.Equal(written.Buckets(), read.Buckets());
        Assert.Equal((written.MinNs, written.MaxNs, written.Count), (read.MinNs, read.MaxNs, read.Count));
        Assert.Equal(written.MeanNs, read.MeanNs, written.MeanNs * 1e-9);
    }
}
