using Hawser.App.Serving;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.App;

public sealed class StallLogTest
{
    [Fact]
    public void One_line_a_second_names_the_connection_or_sums_up_the_others()
    {
        var time = new FakeTime();
        using var lines = new StringWriter { NewLine = "\n" };
        var log = new StallLog(lines, time);
        using var connection = new Connection(MemoryTransport.CreatePair().Server);

        log.Add(connection, TimeSpan.FromMilliseconds(312));
        log.Add(null, TimeSpan.FromMilliseconds(200));
        log.Add(connection, TimeSpan.FromMilliseconds(100));
        time.Advance(TimeSpan.FromSeconds(1));
        log.Add(connection, TimeSpan.FromMilliseconds(100));
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        log.Add(null, TimeSpan.FromSeconds(2));
        log.Add(null, TimeSpan.FromSeconds(3));
        log.Flush();

        Assert.Equal("""
            WARNING: connection 0 from a local client held up its event loop for 312 ms
            WARNING: 2 more stalls of event loops, the longest 200 ms
            WARNING: 1 more stall of event loops, the longest 100 ms
            WARNING: a connection held up its event loop for 2 s
            WARNING: 1 more stall of event loops, the longest 3 s

            """, lines.ToString());
    }
}
