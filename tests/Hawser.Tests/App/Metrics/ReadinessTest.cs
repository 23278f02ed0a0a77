using Hawser.App.Serving;
using Xunit;

namespace Hawser.Tests.App.Metrics;

public sealed class ReadinessTest
{
    [Fact]
    public void A_server_is_ready_between_its_start_and_its_stop_unless_it_sheds()
    {
        using var logs = new ServeLogs(errorsOnly: true, isJson: false);
        IReadOnlyList<ServeObserver> observers =
        [
            .. Enumerable.Range(0, 2).Select(_ => new ServeObserver(
                "ping", "", logs, [], null, TextWriter.Null, TextWriter.Null, isVerbose: false, isJson: false)),
        ];
        var readiness = new Readiness(observers);

        Assert.Equal("starting", readiness.WhyNot());
        readiness.Phase = null;
        Assert.Null(readiness.WhyNot());
        observers[1].Exhausted("descriptors");
        Assert.Equal("shedding", readiness.WhyNot());
        observers[1].Recovered(3);
        Assert.Null(readiness.WhyNot());
        readiness.Phase = "draining";
        Assert.Equal("draining", readiness.WhyNot());
    }
}
