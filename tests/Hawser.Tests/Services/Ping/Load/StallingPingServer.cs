using System.Diagnostics;
using System.Net;
using Hawser.Services.Ping;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Ping.Load;

/// <summary>A ping server on one thread, which holds still once.</summary>
internal sealed class StallingPingServer : IAsyncDisposable
{
    private readonly TestServer _server;
    private readonly int? _stallAt;
    private readonly TimeSpan _stall;
    private int _pings;

    /// <param name="stallAt">Before the answer to which ping, counted over all clients; null for never.</param>
    /// <param name="stall">For how long.</param>
    public StallingPingServer(int? stallAt, TimeSpan stall)
    {
        _stallAt = stallAt;
        _stall = stall;
        _server = TestServer.Start("select", ServeAsync);
    }

    public EndPoint EndPoint => _server.EndPoint;

    /// <summary>How long it stood still.</summary>
    public TimeSpan Stalled { get; private set; }

    /// <summary>Pings that came.</summary>
    public int Pings => Volatile.Read(ref _pings);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Connection connection, CancellationToken stopping)
    {
        byte[] pong = new byte[PingProtocol.LineLimit];
        while (await connection.WaitForInputAsync() == InputState.Ready
            && await connection.TryReadLineAsync(PingProtocol.LineLimit) is { } line)
        {
            int length = PingProtocol.WritePong(line.Span, pong);
            // The one thread of all connections stands still, on purpose.
            if (Interlocked.Increment(ref _pings) == _stallAt)
            {
                long begin = Stopwatch.GetTimestamp();
                stopping.WaitHandle.WaitOne(_stall);
                Stalled = Stopwatch.GetElapsedTime(begin);
            }
            await connection.WriteAsync(pong.AsMemory(0, length));
        }
    }
}
