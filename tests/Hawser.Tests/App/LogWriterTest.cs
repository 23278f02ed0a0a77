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
    public void Control_characters_are_escaped()
    {
        using var output = new GatedStream();
        output.Open();
        using var log = new LogWriter(output, _ => { });
        log.WriteLine("\u001b[2J \a \r \u009b1m \u202e \ud800 \u2028 ß 🙂\n   at the next line");

        Assert.Equal(0, log.End(Patience.Limit));
        Assert.Equal(
            ["\\u001B[2J \\u0007 \\u000D \\u009B1m \\u202E \\uD800 \\u2028 ß 🙂", "   at the next line"], output.Lines);
    }

    [Theory]
    [InlineData("")]
    [InlineData("> ")]
    public async Task A_blocked_output_queues_then_drops_lines_and_reports_the_count(string format)
    {
        using var output = new GatedStream();
        using var log = new LogWriter(output, _ => { }, line => $"{format}{line}");
        await BlockAsync(output, log);
        for (int n = 0; n < 10; n++)
            log.WriteLine(Filler);
        log.WriteLine("dropped too, though it would fit");

        output.Open();
        await Patience.UntilAsync(() => output.Lines.Length == 5);
        log.WriteLine("later");

        Assert.Equal(8, log.End(Patience.Limit));
        Assert.Equal(
            ["in flight", Filler, Filler, Filler,
                $"{format}WARNING: 8 lines of the log were dropped here: the output did not take them", "later"],
            output.Lines);
    }

    [Fact]
    public async Task End_waits_for_a_blocked_output_no_longer_than_its_timeout()
    {
        using var output = new GatedStream();
        using var log = new LogWriter(output, _ => { });
        await BlockAsync(output, log);
        log.WriteLine("queued");

        Assert.Equal(2, log.End(TimeSpan.Zero));
        log.WriteLine("after the end");
        Assert.Empty(output.Lines);
    }

    [Fact]
    public async Task A_temporarily_full_disk_is_reported_once_and_drops_only_lines_meanwhile()
    {
        using var output = new GatedStream();
        output.Open();
        var errors = new List<string>();
        using var log = new LogWriter(output, e => errors.Add(e.Message));
        log.WriteLine("before");
        await Patience.UntilAsync(() => output.Lines.Length == 1);
        output.Refuses = "";
        for (int n = 1; n <= 3; n++)
        {
            log.WriteLine("lost");
            await Patience.UntilAsync(() => output.Refused == n);
        }
        output.Refuses = null;
        log.WriteLine("after");

        Assert.Equal(3, log.End(Patience.Limit));
        Assert.Equal(
            ["before", "", "WARNING: 3 lines of the log were dropped here: the output did not take them", "after"],
            output.Lines);
        Assert.Equal(["full"], errors);
    }

    [Fact]
    public async Task Dropped_lines_count_while_the_write_before_their_report_blocks()
    {
        using var output = new GatedStream();
        using var log = new LogWriter(output, _ => { });
        await BlockAsync(output, log);
        for (int n = 0; n < 10; n++)
            log.WriteLine(Filler);
        output.Pass();
        await Patience.UntilAsync(() => output.Entries == 2);

        Assert.Equal(10, log.End(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_failure_after_a_reported_one_is_reported_again()
    {
        using var output = new GatedStream();
        output.Open();
        var errors = new List<string>();
        using var log = new LogWriter(output, e => errors.Add(e.Message));
        output.Refuses = "";
        log.WriteLine("lost");
        await Patience.UntilAsync(() => output.Refused == 1);
        output.Refuses = "again";
        log.WriteLine("lost again");
        await Patience.UntilAsync(() => output.Refused == 2);

        Assert.Equal(2, log.End(Patience.Limit));
        Assert.Equal(["full", "full"], errors);
    }

    /// <summary>Writes a line that the output does not take.</summary>
    private static async Task BlockAsync(GatedStream output, LogWriter log)
    {
        log.WriteLine("in flight");
        await Patience.UntilAsync(() => output.Entries == 1);
    }

    /// <summary>Takes nothing until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private const int ManyWrites = 1_000_000;

        // Not the stream's own memory: the log's thread may still write when the test has disposed of it.
        private readonly List<byte> _written = [];
        private readonly SemaphoreSlim _gate = new(0);
        private readonly Lock _lock = new();
        private volatile int _refused;
        private volatile int _entries;
        private volatile string? _refuses;

        public int Entries => _entries;

        public int Refused => _refused;

        /// <summary>Fails a write that contains it.</summary>
        public string? Refuses { set => _refuses = value; }

        public string[] Lines
        {
            get
            {
                lock (_lock)
                    return Encoding.UTF8.GetString([.. _written]).Split('\n')[..^1];
            }
        }

        public void Open() => _gate.Release(ManyWrites);

        /// <summary>Takes one write.</summary>
        public void Pass() => _gate.Release();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _entries++;
            _gate.Wait();
            lock (_lock)
            {
                if (_refuses is { } refused && Encoding.UTF8.GetString(buffer).Contains(refused, StringComparison.Ordinal))
                {
                    _refused++;
                    throw new IOException("full");
                }
                _written.AddRange(buffer);
            }
        }

        protected override void Dispose(bool disposing)
        {
            Open();
            base.Dispose(disposing);
        }
    }
}
