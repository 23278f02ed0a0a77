using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Support;
using Hawser.Transports;
using Xunit;

namespace Hawser.Tests.Engine;

/// <summary>A peer that is always ready gives its thread to the others now and then.</summary>
public sealed class CompletionTransportTest
{
    private const int CallsPerTurn = 64;
    private const int Calls = 10 * CallsPerTurn;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receives_that_complete_synchronously_yield_after_each_turn(bool hasDeadline)
    {
        (Socket ours, Socket theirs) = await ConnectAsync();
        using Socket peer = theirs;
        Transport transport = SocketTransports.Completing(ours);
        Deadline deadline = hasDeadline ? Deadline.After(Patience.Limit) : Deadline.None;
        await peer.SendAsync(new byte[Calls]);
        await Patience.UntilAsync(() => ours.Available == Calls);

        int turns = await CountTurnsAsync(async () =>
        {
            Assert.True(await transport.WaitToReceiveAsync(deadline));
            Assert.Equal(1, await transport.ReceiveAsync(new byte[1]));
        });

        // Each turn gives the thread up once or twice.
        Assert.InRange(turns, 9, 20);
        transport.Close();
    }

    [Fact]
    public async Task Sends_that_complete_synchronously_yield_after_each_turn()
    {
        (Socket ours, Socket theirs) = await ConnectAsync();
        using Socket peer = theirs;
        Transport transport = SocketTransports.Completing(ours);

        int turns = await CountTurnsAsync(async () => Assert.Equal(1, await transport.SendAsync(new byte[1])));

        // Each turn gives the thread up once or twice.
        Assert.InRange(turns, 9, 20);
        transport.Close();
    }

    /// <summary>How often the thread was given up.</summary>
    private static async Task<int> CountTurnsAsync(Func<Task> call)
    {
        var turns = new CountingContext();
        await Task.Run(async () =>
        {
            SynchronizationContext.SetSynchronizationContext(turns);
            for (int n = 0; n < Calls; n++)
                await call();
        }).Bounded();
        return turns.Count;
    }

    private static async Task<(Socket Ours, Socket Theirs)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var theirs = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await theirs.ConnectAsync(listener.LocalEndPoint!);
        return (await listener.AcceptAsync(), theirs);
    }

    private sealed class CountingContext : SynchronizationContext
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _count);
            ThreadPool.QueueUserWorkItem(_ =>
            {
                SetSynchronizationContext(this);
                d(state);
            });
        }
    }
}
