using System.Diagnostics;
using System.Net;
using Hawser.Services.Text;

namespace Hawser.Services.Ping.Load;

/// <summary>One client of a load, on its loop's thread: checks every pong, and books what is measured.</summary>
internal sealed class PingLoadClient(
    ClientLoop loop, EndPoint server, int number, PingTimeline timeline, PingTally tally,
    PingLoadOptions options)
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    // A client that is behind its schedule at the end may catch up for so long.
    private static readonly long GraceTicks = Stopwatch.Frequency;

    private readonly byte[] _ping = new byte[PingProtocol.LineLimit];
    private Connection? _connection;
    private long _sent;
    private bool _isAborted;

    /// <summary>Connects at its time and pings until the load is over. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            long begin = Stopwatch.GetTimestamp();
            _connection = await loop.ConnectAsync(
                server, new DialOptions { Timeout = options.ConnectTimeout, Layers = options.Layers(server) });
            tally.Connect.Record(Nanoseconds(begin, Stopwatch.GetTimestamp()));
            tally.Connected++;
            if (timeline.IsOpenLoop)
                await KeepScheduleAsync(_connection);
            else
                await KeepAskingAsync(_connection);
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            // Whom the load itself has ended waited for a pong; its ping is counted as unanswered, not as an error. The
            // same goes for a server that leaves when the load is over, and for who still waited to be connected then.
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

    /// <summary>Ends a client that still waits for a pong.</summary>
    public void Abort()
    {
        _isAborted = true;
        _connection?.Abort();
    }

    /// <summary>Closed loop: the next ping after the pong.</summary>
    private async Task KeepAskingAsync(Connection connection)
    {
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            if (now >= timeline.End)
                return;
            bool isAnswered = false;
            try
            {
                await RoundTripAsync(connection, now);
                isAnswered = true;
            }
            finally
            {
                // A load that is stopped before its time does not wait for the pong.
                bool isCutShort = _isAborted && Stopwatch.GetTimestamp() < timeline.End;
                tally.Unanswered += isAnswered || isCutShort ? 0 : 1;
            }
        }
    }

    /// <summary>Open loop: each ping at the time fixed in advance, or as soon after it as the last pong has come.
    /// Latency counts from the time that was intended, so that a stall of the server is seen by every ping it delayed
    /// (Tene, "How NOT to measure latency": coordinated omission).</summary>
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
            // When the load is stopped before its time, the rest of the schedule was nobody's fault.
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

    /// <summary>A read that is not expected to come to anything is the most precise clock there is.</summary>
    private static async Task SleepUntilAsync(Connection connection, Deadline deadline)
    {
        if (await connection.WaitForInputAsync(deadline) != InputState.TimedOut)
            throw new ProtocolException("the server sent or closed without being asked");
    }

    private static long Nanoseconds(long from, long to) => (long)((to - from) * NanosecondsPerTick);
}
