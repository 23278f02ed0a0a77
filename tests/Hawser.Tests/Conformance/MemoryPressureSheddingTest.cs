using System.Net;
using System.Net.Sockets;
using Hawser.Models;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A server that is short of memory, and one whose accept loop finds none.</summary>
public sealed class MemoryPressureSheddingTest
{
    [Theory, Models]
    public async Task Out_of_memory_a_server_sheds_reports_and_recovers(string model)
    {
        bool isShort = true;
        var observer = new RecordingObserver();
        await using Server server = Start(
            model, observer, TimeProvider.System, isShortOfMemory: () => Volatile.Read(ref isShort));

        Assert.False(await IsServedAsync(server));
        await Patience.UntilAsync(() => observer.Exhaustions.Count == 1);
        Assert.Equal(["memory"], observer.Exhaustions);

        Volatile.Write(ref isShort, false);
        Assert.True(await IsServedAsync(server));
    }

    [Theory, Models]
    public async Task An_accept_loop_that_finds_no_memory_sheds_reports_and_recovers(string model)
    {
        bool isFull = true;
        var observer = new RecordingObserver();
        await using Server server = Start(
            model, observer, TimeProvider.System,
            isShortOfMemory: () => Volatile.Read(ref isFull) ? throw new InsufficientMemoryException() : false);

        Assert.False(await IsServedAsync(server));
        await Patience.UntilAsync(() => observer.Exhaustions.Count == 1);
        Assert.Equal(["memory"], observer.Exhaustions);

        Volatile.Write(ref isFull, false);
        await AssertRecoversAsync(server);
        Assert.Empty(observer.Faults);
    }

    [Theory, Models]
    public async Task A_shedder_that_finds_no_memory_does_not_end_the_server(string model)
    {
        bool isShort = true;
        var observer = new RecordingObserver();
        var time = new FullTime();
        await using Server server = Start(
            model, observer, time, isShortOfMemory: () => Volatile.Read(ref isShort));
        time.IsFull = true;

        await Patience.UntilAsync(async () =>
        {
            Assert.False(await IsServedAsync(server));
            Assert.False(server.IsStopping);
            return time.Refused >= 3;
        });

        time.IsFull = false;
        Volatile.Write(ref isShort, false);
        await AssertRecoversAsync(server);
        Assert.Equal(["memory"], observer.Exhaustions);
    }

    private static Server Start(
        string model, RecordingObserver observer, TimeProvider time, Func<bool> isShortOfMemory)
    {
        var options = new ServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Model = ConcurrencyModels.Get(model),
            Limits = TestServer.Limits,
            Observer = observer,
            TimeProvider = time,
        };
        ListenerSet listeners = ListenerSet.Open(options.EndPoints, options.Backlog);
        listeners.IsShortOfMemory = isShortOfMemory;
        return Server.Start(new LambdaHandler(Handlers.EchoAsync), options, listeners);
    }

    /// <summary>A client that connects while the server sheds is shed too.</summary>
    private static Task AssertRecoversAsync(Server server) => Patience.UntilAsync(async () =>
    {
        Assert.False(server.IsStopping);
        return await IsServedAsync(server);
    });

    private static async Task<bool> IsServedAsync(Server server)
    {
        try
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoints[0]);
            await client.SendAsync("x");
            return await client.ReceiveAsync(new byte[1]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A clock for whose timers there is no memory.</summary>
    private sealed class FullTime : TimeProvider
    {
        private int _refused;
        private volatile bool _isFull;

        public bool IsFull { set => _isFull = value; }

        /// <summary>Timers that it did not create.</summary>
        public int Refused => Volatile.Read(ref _refused);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (!_isFull)
                return base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _refused);
            throw new InsufficientMemoryException();
        }
    }
}
