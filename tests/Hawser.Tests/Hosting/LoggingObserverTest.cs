using Hawser.Hosting;
using Hawser.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hawser.Tests.Hosting;

public sealed class LoggingObserverTest
{
    [Fact]
    public void Of_the_stalls_in_a_second_one_is_a_warning()
    {
        var time = new FakeTime();
        using var recorder = new TestHost.LogRecorder();
        var observer = new LoggingObserver(recorder.CreateLogger("test"), time);

        observer.Stalled(null, TimeSpan.FromMilliseconds(50));
        time.Advance(TimeSpan.FromMilliseconds(999));
        observer.Stalled(null, TimeSpan.FromMilliseconds(60));
        time.Advance(TimeSpan.FromMilliseconds(1));
        observer.Stalled(null, TimeSpan.FromMilliseconds(70));

        Assert.Equal([LogLevel.Warning, LogLevel.Debug, LogLevel.Warning], recorder.Entries.Select(entry => entry.Level));
        Assert.Equal("Work for no connection held up an event loop for 70 ms", recorder.Entries[^1].Text);
    }
}
