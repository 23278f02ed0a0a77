using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Hawser.Services.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>One client of a load. Runs on its loop's thread, checks every pong to the byte and records round
/// trips.</summary>
internal sealed class PingLoadClient(
    ClientLoop loop, int number, PingLoadOptions options, PingTimeline timeline, PingTally tally)
{
    private const int LongestAnswer = 1024 * 1024;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    // At the end, a client may send pings that are overdue for this long.
    private static readonly long GraceTicks = Stopwatch.Frequency;

    private readonly int _id = options.FirstClient + number;
    private readonly EndPoint _server = options.ServerOf(number);
    private readonly byte[] _requests = new byte[options.Pipeline * PingProtocol.LineLimit];
    private readonly TaskCompletionSource _aborted = new();
    private byte[] _received = new byte[2 * options.Pipeline * PingProtocol.LineLimit];
    private Connection? _connection;
    private int _filled;
    private long _sent;
    private long _answered;

    /// <summary>The load has been stopped early.</summary>
    public bool IsAborted => _aborted.Task.IsCompleted;

    /// <summary>Connects and pings until the load is over. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            _connection = await TryConnectAsync();
            if (_connection is null)
                return;
            if (!timeline.IsOpenLoop)
            {
                await KeepAskingAsync(_connection);
                return;
            }
            await timeline.AllConnected;
            if (!IsAborted)
                await KeepScheduleAsync(_connection);
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            // Neither a connection that the load itself aborted nor a server that closes after the end is an error:
            // pings in flight count as unanswered.
            if (IsAborted || Stopwatch.GetTimestamp() >= timeline.End)
                return;
            tally.Failed++;
            tally.FirstError ??= $"client #{_id}: {EndPointText.Blame(_server, e)}";
            if (_connection is not null)
                tally.Connected--;
        }
        finally
        {
            _connection?.Dispose();
        }
    }

    /// <summary>Ends the client, even while it connects or waits for a pong.</summary>
    public void Abort()
    {
        _aborted.TrySetResult();
        _connection?.Abort();
    }

    /// <returns>Null if the load has been stopped meanwhile.</returns>
    private async Task<Connection?> TryConnectAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        try
        {
            Task<Connection> connecting = loop.ConnectAsync(
                _server, new DialOptions { Timeout = options.ConnectTimeout, Layers = options.Layers(_server) });
            // A pending connect ends with the loop.
            if (await Task.WhenAny(connecting, _aborted.Task) != connecting)
                return null;
            Connection connection = await connecting;
            tally.Connect.Record(Nanoseconds(begin, Stopwatch.GetTimestamp()));
            tally.Connected++;
            return connection;
        }
        finally
        {
            timeline.AddConnected(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Closed loop: the next pings follow the pongs.</summary>
    private async Task KeepAskingAsync(Connection connection)
    {
        try
        {
            while (!IsAborted && Stopwatch.GetTimestamp() is var now && now < timeline.End)
                await ExchangeAsync(connection, now);
        }
        finally
        {
            // A load that is stopped early does not wait for the pongs.
            bool isCutShort = IsAborted && Stopwatch.GetTimestamp() < timeline.End;
            tally.Unanswered += isCutShort ? 0 : _sent - _answered;
        }
    }

    /// <summary>Open loop: sends pings at their scheduled time, or later if the previous pong is late. Latency counts
    /// from the scheduled time, so that a stall of the server inflates every ping it delayed (coordinated omission:
    /// Tene, "How NOT to measure latency").</summary>
    private async Task KeepScheduleAsync(Connection connection)
    {
        long n = 0;
        try
        {
            for (; timeline.PingAt(number, n) is var intended && intended < timeline.End; n++)
            {
                long now = Stopwatch.GetTimestamp();
                if (now >= timeline.End + GraceTicks)
                    return;
                if (now < intended)
                    await SleepUntilAsync(connection, Deadline.At(intended));
                await ExchangeAsync(connection, intended);
            }
        }
        finally
        {
            // Of a load that is stopped early, the rest of the schedule does not count.
            long end = IsAborted ? Math.Min(Stopwatch.GetTimestamp(), timeline.End) : timeline.End;
            long first = Math.Max(n, timeline.FirstAt(number, timeline.Begin));
            long missed = timeline.FirstAt(number, end) - first;
            if (missed > 0)
                tally.Unanswered += missed * options.Pipeline - (first == n ? _answered - n * options.Pipeline : 0);
        }
    }

    /// <summary>Sends a pipeline of pings with one call and receives their pongs.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ExchangeAsync(Connection connection, long intended)
    {
        int length = 0;
        for (int i = 0; i < options.Pipeline; i++)
            length += options.Wire.WriteRequest(_id, ++_sent, _requests.AsSpan(length));
        long sentAt = Stopwatch.GetTimestamp();
        await connection.WriteAsync(_requests.AsMemory(0, length));
        while (_answered < _sent)
        {
            int received = await connection.ReadAsync(_received.AsMemory(_filled));
            long now = Stopwatch.GetTimestamp();
            if (received == 0)
                throw new ProtocolException(_filled == 0 ? "the server closed the connection" : "truncated answer");
            _filled += received;
            Record(TakeAnswers(), intended, sentAt, now);
        }
        if (_filled > 0)
            throw Unasked();
    }

    /// <summary>Removes the answers that have come.</summary>
    /// <returns>Their number.</returns>
    private int TakeAnswers()
    {
        int count = 0;
        int taken = 0;
        for (; _answered < _sent && taken < _filled; count++, _answered++)
        {
            int length = options.Wire.MatchAnswer(_id, _answered + 1, _received.AsSpan(taken, _filled - taken));
            if (length == 0)
                break;
            taken += length;
        }
        _received.AsSpan(taken, _filled - taken).CopyTo(_received);
        _filled -= taken;
        if (_filled == _received.Length)
        {
            if (_filled >= LongestAnswer)
                throw new ProtocolException($"answer longer than {LongestAnswer} bytes");
            Array.Resize(ref _received, 2 * _filled);
        }
        return count;
    }

    private void Record(int answers, long intended, long sentAt, long now)
    {
        if (answers == 0)
            return;
        if (_answered == answers)
            tally.FirstAnswer.Record(Nanoseconds(sentAt, now));
        if (!timeline.IsMeasured(intended))
            return;
        tally.Latency.Record(Nanoseconds(intended, now), answers);
        tally.ServiceTime.Record(Nanoseconds(sentAt, now), answers);
        tally.RoundTrips[number] = tally.RoundTrips.GetValueOrDefault(number) + answers;
    }

    /// <summary>Waits for input that must not arrive: the loop's deadlines are more precise than a timer.</summary>
    private static async Task SleepUntilAsync(Connection connection, Deadline deadline)
    {
        if (await connection.WaitForInputAsync(deadline) != InputState.TimedOut)
            throw Unasked();
    }

    private static ProtocolException Unasked() => new("the server sent or closed without being asked");

    private static long Nanoseconds(long from, long to) => (long)((to - from) * NanosecondsPerTick);
}
