using System.Text;
using Hawser;
using Hawser.Transports;
using Xunit;

namespace TestedHandler;

/// <summary>Tests a handler without a server, a socket or a real wait: the stream is in memory, and the test moves the
/// clock.</summary>
public sealed class QuizHandlerTest : IDisposable
{
    // Bounds every wait, so that a handler that hangs fails its test.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly VirtualTime _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Connection _client;
    private readonly Task _handled;

    public QuizHandlerTest()
    {
        (MemoryTransport theirs, MemoryTransport ours) = MemoryTransport.CreatePair();
        _client = new Connection(ours);
        _handled = new QuizHandler().HandleAsync(new Connection(theirs, _time), _stopping.Token).WaitAsync(Patience);
    }

    [Fact]
    public async Task Right_answers_are_counted()
    {
        Assert.Equal("7 x 8 = ?", await ReadLineAsync());
        await SendAsync("56\n");
        Assert.Equal("2 ^ 10 = ?", await ReadLineAsync());
        await SendAsync("1000\n");
        Assert.Equal("0x2A = ?", await ReadLineAsync());
        await SendAsync("42\r\n");

        Assert.Equal("2 of 3 are right", await ReadLineAsync());
        await _handled;
    }

    [Fact]
    public async Task Answers_may_come_before_they_are_asked_for_and_a_byte_at_a_time()
    {
        foreach (char next in "56\n1024\n42\n")
            await SendAsync(next.ToString());

        string[] lines = [await ReadLineAsync(), await ReadLineAsync(), await ReadLineAsync(), await ReadLineAsync()];
        Assert.Equal("3 of 3 are right", lines[3]);
    }

    [Fact]
    public async Task Ten_seconds_are_enough_and_no_more_than_that()
    {
        await ReadLineAsync();
        _time.Advance(QuizHandler.TimeToAnswer - TimeSpan.FromMilliseconds(1));
        await SendAsync("56\n");
        Assert.Equal("2 ^ 10 = ?", await ReadLineAsync());
        _time.Advance(QuizHandler.TimeToAnswer);

        Assert.Equal("too late", await ReadLineAsync());
        await _handled;
    }

    [Fact]
    public async Task Half_an_answer_does_not_stop_the_clock()
    {
        await ReadLineAsync();
        await SendAsync("5");
        _time.Advance(QuizHandler.TimeToAnswer);

        Assert.Equal("too late", await ReadLineAsync());
    }

    [Fact]
    public async Task A_client_that_leaves_ends_its_quiz()
    {
        await _client.FinishWritingAsync();

        await _handled;
    }

    [Fact]
    public async Task An_answer_that_is_too_long_breaks_the_rules()
    {
        await SendAsync(new string('5', 80));

        await Assert.ThrowsAsync<ProtocolException>(() => _handled);
    }

    public void Dispose()
    {
        _client.Dispose();
        _stopping.Dispose();
    }

    private ValueTask SendAsync(string text) => _client.WriteAsync(Encoding.UTF8.GetBytes(text));

    private async Task<string> ReadLineAsync()
    {
        ReadOnlyMemory<byte>? line = await _client.TryReadLineAsync(limit: 80).AsTask().WaitAsync(Patience);
        return Encoding.UTF8.GetString(line!.Value.Span);
    }
}
