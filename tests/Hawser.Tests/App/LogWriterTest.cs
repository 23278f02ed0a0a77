using System.Text;
using Hawser.App.Output;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

public sealed class LogWriterTest
{
    private static readonly string Filler = new('x', LogWriter.QueueLimitBytes / 4);

    [Fact]
    public void Lines_come_whole_and_in_order()
    {
        using var output = new GatedStream();
        output.Open();
        using var log = new LogWriter(output, _ => { });
        for (int n = 0; n < 1_000; n++)
            log.WriteLine($"line {n}");

        Assert.Equal(0, log.End(Patience.Limit));
        Assert.Equal(Enumerable.Range(0, 1_000).Select(n => $"line {n}"), output.Lines);
    }

    [Fact]
    public async Task While_nobody_reads_a_line_is_queued_or_dropped_and_the_log_says_how_many()
    {
        using var output = new GatedStream();
        using var log = new LogWriter(output, _ => { });
        log.WriteLine("in flight");
        await output.Entered.Bounded();
        for (int n = 0; n < 10; n++)
            log.WriteLine(Filler);
        log.WriteLine("dropped too, though it would fit");

        output.Open();
        await Patience.UntilAsync(() => output.Lines.Length == 5);
        log.WriteLine("later");

        Assert.Equal(8, log.End(Patience.Limit));
        Assert.Equal(
            ["in flight", Filler, Filler, Filler,
                "WARNING: 8 lines of the log were dropped here: the output did not take them", "later"],
            output.Lines);
    }

    [Fact]
    public async Task Its_end_waits_for_the_output_no_longer_than_it_was_told()
    {
        using var output = new GatedStream();
        using var log = new LogWriter(output, _ => { });
        log.WriteLine("in flight");
        await output.Entered.Bounded();
        log.WriteLine("queued");

        Assert.Equal(2, log.End(TimeSpan.Zero));
        log.WriteLine("after the end");
        Assert.Empty(output.Lines);
    }

    [Fact]
    public async Task A_disk_that_is_full_for_a_while_is_told_once_and_costs_only_the_lines_of_that_while()
    {
        using var output = new GatedStream();
        output.Open();
        var errors = new List<string>();
        using var log = new LogWriter(output, e => errors.Add(e.Message));
        log.WriteLine("before");
        await Patience.UntilAsync(() => output.Lines.Length == 1);
        output.IsFull = true;
        for (int n = 1; n <= 3; n++)
        {
            log.WriteLine("lost");
            await Patience.UntilAsync(() => output.Refused == n);
        }
        output.IsFull = false;
        log.WriteLine("after");

        Assert.Equal(3, log.End(Patience.Limit));
        Assert.Equal(
            ["before", "", "WARNING: 3 lines of the log were dropped here: the output did not take them", "after"],
            output.Lines);
        Assert.Equal(["full"], errors);
    }

    /// <summary>Takes nothing until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        // Not the stream's own memory: the log's thread may still write when the test has disposed of it.
        private readonly List<byte> _written = [];
        private readonly ManualResetEventSlim _gate = new();
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _lock = new();
        private volatile int _refused;
        private volatile bool _isFull;

        public Task Entered => _entered.Task;

        public int Refused => _refused;

        public bool IsFull { set => _isFull = value; }

        public string[] Lines
        {
            get
            {
                lock (_lock)
                    return Encoding.UTF8.GetString([.. _written]).Split('\n')[..^1];
            }
        }

        public void Open() => _gate.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _entered.TrySetResult();
            _gate.Wait();
            lock (_lock)
            {
                if (_isFull)
                {
                    _refused++;
                    throw new IOException("full");
                }
                _written.AddRange(buffer);
            }
        }

        protected override void Dispose(bool disposing)
        {
            _gate.Set();
            base.Dispose(disposing);
        }
    }
}
