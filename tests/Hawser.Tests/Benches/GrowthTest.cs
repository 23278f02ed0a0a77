using System.Runtime.Versioning;
using Hawser.App.Lab.Exporters;
using Hawser.Bench.Growth;
using Hawser.Bench.Results;
using Hawser.Tests.App.Lab;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Benches;

[SupportedOSPlatform("linux")]
public sealed class GrowthTest
{
    [Fact]
    public void What_the_lab_writes_is_what_growth_reads()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["results.json"], new ResultsJson().Export(LabFixture.Result()));

        GrowthResult result = GrowthLab.Read(folder.Root);

        Assert.Equal(["select", "epoll", "gone, \"really\""], result.Models);
        Assert.Equal([50], result.Clients);
        GrowthPoint epoll = result.At("epoll", 50)!;
        Assert.Equal(new Figure(201_500, 200_000, 203_000), epoll.RoundTripsPerSecond);
        Assert.Equal(new Figure(1e6, 1e6, 1e6), epoll.LatencyP99Ns);
        Assert.Equal(new Figure(50, 50, 50), epoll.AnsweredClients);
        Assert.Equal(new Figure(40e6, 40e6, 40e6), epoll.ResidentBytes);
        Assert.Equal(new Figure(0.9, 0.9, 0.9), epoll.CpuCores);
        Assert.Equal(new Figure(4.5, 4.5, 4.5), epoll.CpuMicrosecondsPerRoundTrip);
        GrowthPoint gone = result.At("gone, \"really\"", 50)!;
        Assert.Equal((0, 1, "refused, \"as expected\""), (gone.Rounds, gone.Failed, gone.Error));
        Assert.Null(gone.RoundTripsPerSecond);
    }

    [Fact]
    public void The_result_survives_its_json()
    {
        using var folder = new TemporaryFolder();
        string path = folder[GrowthResult.FileName];
        File.WriteAllText(path, Result.ToJson());

        Assert.Equal(Result.ToJson(), GrowthResult.Read(path).ToJson());
    }

    [Fact]
    public void The_page_says_of_each_model_where_it_breaks()
    {
        var text = new Markdown();
        GrowthPage.Write(text, Result);

        Assert.Contains(
            "- `pool` answers 8 of 100 clients, the others wait; with 128 descriptors, 8 of 300 were answered, "
            + "292 waited.\n",
            text.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "- `threads` answers all of 100 clients; with 128 descriptors, 40 of 300 were answered, 260 were closed, "
            + "**and nobody after them**.\n",
            text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_stands_between_its_marks_and_is_made_anew()
    {
        const string begin = "<!-- made by: dotnet run -c Release --project bench/Hawser.Bench -- readme -->\n";
        const string end = "<!-- end of what is made -->\n";
        string once = ModelsTable.Replace($"before\n{begin}old\n{end}after\n", Result, "growth.md");

        Assert.StartsWith($"before\n{begin}\n| model ", once, StringComparison.Ordinal);
        Assert.EndsWith($"{end}after\n", once, StringComparison.Ordinal);
        Assert.DoesNotContain("old", once, StringComparison.Ordinal);
        Assert.Contains(" 10.0 k, 150 k |", once, StringComparison.Ordinal);
        Assert.Equal(once, ModelsTable.Replace(once, Result, "growth.md"));
    }

    private static GrowthResult Result => new()
    {
        Taken = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Commit = "0123456",
        Host = "a processor, 8 cores; otherwise at rest",
        Command = "hawser lab",
        Rounds = 5,
        SecondsPerMeasurement = 3,
        Pinned = "nothing",
        Points = [Point("pool", 1, 1), Point("threads", 1, 1), Point("pool", 100, 8), Point("threads", 100, 100)],
        Limits =
        [
            new LimitTrial
            {
                Model = "pool", Limit = "128 descriptors", Clients = 300, Answered = 8, Waited = 292,
                ServesAfterwards = true,
            },
            new LimitTrial { Model = "threads", Limit = "128 descriptors", Clients = 300, Answered = 40, Closed = 260 },
        ],
    };

    private static GrowthPoint Point(string model, int clients, int answered) => new()
    {
        Model = model,
        Clients = clients,
        Rounds = 5,
        Failed = 0,
        AnsweredClients = Even(answered),
        RoundTripsPerSecond = Even(clients == 1 ? 10_000 : 150_000),
        LatencyP99Ns = Even(1e6),
        ResidentBytes = Even(40e6),
    };

    private static Figure Even(double value) => new(value, value, value);
}
