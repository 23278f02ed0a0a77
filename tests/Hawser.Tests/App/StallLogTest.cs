using Hawser.App.Serving;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.App;

public sealed class StallLogTest
{
    [Fact]
    public void One_line_a_second_names_the_connection_and_counts_the_others()
    {
        var time = new FakeTime();
        using var lines = new StringWriter { NewLine = "\n" };
        var log = new StallLog(lines, time);
        using var connection = new Connection(MemoryTransport.CreatePair().Server);

        log.Add(connection, TimeSpan.FromMilliseconds(312));
        log.Add(null, TimeSpan.FromMilliseconds(100));
        time.Advance(TimeSpan.FromMilliseconds(999));
        log.Add(connection, TimeSpan.FromMilliseconds(100));
        time.Advance(TimeSpan.FromMilliseconds(1));
        log.Add(null, TimeSpan.FromSeconds(2));

        Assert.Equal("""
            WARNING: connection 0 from a local client held up its event loop for 312 ms
            WARNING: a connection held up its event loop for 2 s; 2 more since the last line

            """, lines.ToString());
    }
}
