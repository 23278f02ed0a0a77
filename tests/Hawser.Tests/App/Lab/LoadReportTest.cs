using System.Net;
using Hawser.App.Lab;
using Hawser.App.Lab.Trials;
using Hawser.App.LoadReports;
using Hawser.Services.Measuring;
using Hawser.Services.Ping.Load;
using Xunit;

namespace Hawser.Tests.App.Lab;

public sealed class LoadReportTest
{
    private static readonly PingLoadOptions Load = new() { Servers = [new IPEndPoint(IPAddress.Loopback, 1)], Clients = 5 };

    [Fact]
    public void Clients_without_an_answer_in_a_burst_count_as_lost()
    {
        var connect = new LatencyHistogram();
        connect.Record(100);
        connect.Record(200);

        LabLoadFigures burst = Of(new LabSetting(5, Burst: true));
        LabLoadFigures other = Of(new LabSetting(5));

        Assert.Equal((3, 100, 200), (burst.LostClients, burst.ConnectP50Ns, burst.ConnectP99Ns));
        Assert.Equal((null, null, null), (other.LostClients, other.ConnectP50Ns, other.ConnectP99Ns));

        LabLoadFigures Of(LabSetting setting) => LoadReport.Of(
            new LoadOutcome(new PingLoadReport(Load) { FirstAnswer = connect, Connect = connect }), setting)
            .Figures.Load!;
    }

    [Fact]
    public void Lost_agents_are_named_in_the_figures()
    {
        var outcome = new LoadOutcome(new PingLoadReport(Load)) { Agents = 2, Lost = [new("host:1", 2, 7, "gone")] };

        LabLoadFigures figures = LoadReport.Of(outcome, new LabSetting(7)).Figures.Load!;

        Assert.Equal(outcome.Lost, figures.LostAgents);
        Assert.Equal(2 / 7.0, figures.LostShare);
    }
}
