using System.Collections.Concurrent;
using System.Net;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Telemetry;

/// <summary>Work that holds up an event loop: how long it took, and whose it was.</summary>
public sealed class LoopStallTest : IDisposable
{
    private readonly MeterProbe _probe = new();

    public void Dispose() => _probe.Dispose();

    [Theory, Models(ModelKind.Loop)]
    public async Task A_stall_of_a_loop_is_measured_and_names_its_connection(string model)
    {
        var stalls = new StallObserver();
        await using TestServer server = Start(model, async connection =>
        {
            while (await connection.ReadAsync() is { IsEmpty: false } bytes)
            {
                // What this shows: a handler that blocks its thread.
                if (bytes.Span[0] == (byte)'!')
                    new ManualResetEventSlim().Wait(60);
                await connection.WriteAsync(bytes);
            }
        }, options => options with { Observer = stalls, ModelOptions = new ModelOptions { Loops = 1 } });
        using RawClient quick = await server.ConnectAsync();
        using RawClient slow = await server.ConnectAsync();
        foreach (RawClient client in (RawClient[])[quick, slow, quick])
        {
            await client.SendAsync(".");
            await client.ReceiveExactlyAsync(1);
        }
        await slow.SendAsync("!");
        await slow.ReceiveExactlyAsync(1);
        // On a busy machine others stall, too.
        await Patience.UntilAsync(() => stalls.All.Any(stall => slow.LocalEndPoint!.Equals(stall.Peer)));

        Assert.All(stalls.All, stall => Assert.InRange(stall.Time.TotalMilliseconds, 50, 10_000));
        await Patience.UntilAsync(() => Math.Abs(stalls.All.Sum(stall => stall.Time.TotalSeconds)
            - _probe.Read("hawser.loop.stall.duration{hawser.loop.number=1}")) < 1e-6);
        Assert.InRange(_probe.Read("hawser.loop.active_time{hawser.loop.number=1}"), 0.05, 10);
        await Patience.UntilAsync(() => _probe.Read("hawser.loop.turn.duration{hawser.loop.number=1}") > 0.05);
        Assert.InRange(_probe.Read("hawser.loop.turns{hawser.loop.number=1}"), 4, 1_000_000);
    }

    [Theory, Models(ModelKind.Loop)]
    public async Task A_stall_without_a_call_names_no_connection(string model)
    {
        var stalls = new StallObserver();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = Start(model, async connection =>
        {
            ReadOnlyMemory<byte> bytes = await connection.ReadAsync();
            bool isSlow = bytes.Span[0] == (byte)'!';
            await connection.WriteAsync(bytes);
            if (!isSlow)
            {
                await connection.ReadAsync();
                return;
            }
            await go.Task;
            new ManualResetEventSlim().Wait(200);
            await Task.Yield();
        }, options => options with { Observer = stalls, ModelOptions = new ModelOptions { Loops = 1 } });
        using RawClient slow = await server.ConnectAsync();
        using RawClient quick = await server.ConnectAsync();
        await slow.SendAsync("!");
        await slow.ReceiveExactlyAsync(1);
        await quick.SendAsync(".");
        await quick.ReceiveExactlyAsync(1);

        go.SetResult();

        await Patience.UntilAsync(() => stalls.All.Any(
            stall => stall.Peer is null && stall.Time > TimeSpan.FromMilliseconds(150)));
    }

    private TestServer Start(
        string model, Func<Connection, Task> handle, Func<ServerOptions, ServerOptions>? with = null) =>
        TestServer.Start(model, handle, options => (with is null ? options : with(options)) with
        {
            Meter = _probe.Meter,
        });

    private sealed class StallObserver : IServerObserver
    {
        public ConcurrentQueue<(EndPoint? Peer, TimeSpan Time)> All { get; } = new();

        void IServerObserver.Stalled(Connection? connection, TimeSpan time) =>
            All.Enqueue((connection?.RemoteEndPoint, time));
    }
}
