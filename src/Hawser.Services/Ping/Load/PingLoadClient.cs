using System.Diagnostics;
using System.Net;
using Hawser.Services.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>One client of a load. Runs on its loop's thread, checks every pong and records round trips.</summary>
internal sealed class PingLoadClient(
    ClientLoop loop, EndPoint server, int number, PingTimeline timeline, PingTally tally,
    PingLoadOptions options)
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    // At the end, a client may send pings that are overdue for this long.
    private static readonly long GraceTicks = Stopwatch.Frequency;

    private readonly byte[] _ping = new byte[PingProtocol.LineLimit];
    private Connection? _connection;
    private long _sent;
    private bool _isAborted;

    /// <summary>The load has been stopped early.</summary>
    public bool IsAborted => _isAborted;

    /// <summary>Connects and pings until the load is over. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            _connection = await ConnectAsync();
            if (!timeline.IsOpenLoop)
            {
                await KeepAskingAsync(_connection);
                return;
            }
            await timeline.AllConnected;
            if (!_isAborted)
                await KeepScheduleAsync(_connection);
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            // Neither a connection that the load itself aborted nor a server that closes after the end is an error: the
            // ping in flight counts as unanswered.
            if (_isAborted || Stopwatch.GetTimestamp() >= timeline.End)
                return;
            tally.Failed++;
            tally.FirstError ??= $"client #{number}: {EndPointText.Blame(server, e)}";
            if (_connection is not null)
                tally.Connected--;
        }
        finally
        {
            _connection?.Dispose();
        }
    }

    /// <summary>Ends the client, even while it waits for a pong.</summary>
    public void Abort()
    {
        _isAborted = true;
        _connection?.Abort();
    }

    private async Task<Connection> ConnectAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        try
        {
            Connection connection = await loop.ConnectAsync(
                server, new DialOptions { Timeout = options.ConnectTimeout, Layers = options.Layers(server) });
            tally.Connect.Record(Nanoseconds(begin, Stopwatch.GetTimestamp()));
            tally.Connected++;
            return connection;
        }
        finally
        {
            timeline.AddConnected(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Closed loop: the next ping follows the pong.</summary>
    private async Task KeepAskingAsync(Connection connection)
    {
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            if (_isAborted || now >= timeline.End)
                return;
            bool isAnswered = false;
            try
            {
                await RoundTripAsync(connection, now);
                isAnswered = true;
            }
            finally
            {
                // A load that is stopped early does not wait for the pong.
                bool isCutShort = _isAborted && Stopwatch.GetTimestamp() < timeline.End;
                tally.Unanswered += isAnswered || isCutShort ? 0 : 1;
            }
        }
    }

    /// <summary>Open loop: sends each ping at its scheduled time, or later if the previous pong is late. Latency counts from
    /// the scheduled time, so that a stall of the server inflates every ping it delayed (coordinated omission: Tene, "How
    /// NOT to measure latency").</summary>
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
                await RoundTripAsync(connection, intended);
            }
        }
        finally
        {
            // Of a load that is stopped early, the rest of the schedule does not count.
            long end = _isAborted ? Math.Min(Stopwatch.GetTimestamp(), timeline.End) : timeline.End;
            for (; timeline.PingAt(number, n) is var missed && missed < end; n++)
                tally.Unanswered += timeline.IsMeasured(missed) ? 1 : 0;
        }
    }

    private async Task RoundTripAsync(Connection connection, long intended)
    {
        long sentAt = Stopwatch.GetTimestamp();
        long n = ++_sent;
        await connection.WriteAsync(_ping.AsMemory(0, PingProtocol.WritePing(number, n, _ping)));
        ReadOnlyMemory<byte> line = await connection.TryReadLineAsync(PingProtocol.LineLimit)
            ?? throw new ProtocolException("the server closed the connection");
        long now = Stopwatch.GetTimestamp();
        if (!PingProtocol.TryParsePong(line.Span, out long client, out long answered)
            || client != number || answered != n)
        {
            throw new ProtocolException("the server answered a ping with something else than its pong");
        }

        if (n == 1)
            tally.FirstAnswer.Record(Nanoseconds(sentAt, now));
        if (!timeline.IsMeasured(intended))
            return;
        tally.Latency.Record(Nanoseconds(intended, now));
        tally.ServiceTime.Record(Nanoseconds(sentAt, now));
        tally.RoundTrips[number] = tally.RoundTrips.GetValueOrDefault(number) + 1;
    }

    /// <summary>Waits for input that must not arrive: the loop's deadlines are more precise than a timer.</summary>
    private static async Task SleepUntilAsync(Connection connection, Deadline deadline)
    {
        if (await connection.WaitForInputAsync(deadline) != InputState.TimedOut)
            throw new ProtocolException("the server sent or closed without being asked");
    }

    private static long Nanoseconds(long from, long to) => (long)((to - from) * NanosecondsPerTick);
}
