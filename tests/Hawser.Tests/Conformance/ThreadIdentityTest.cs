using System.Collections.Concurrent;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>Which thread runs which step of a handler.</summary>
public sealed class ThreadIdentityTest
{
    private static readonly byte[] Mark = "."u8.ToArray();

    [Theory, Models(ModelKind.KeepsThread)]
    public async Task Every_step_of_a_handler_runs_on_one_thread(string model)
    {
        var steps = new List<int>();
        string path = Path.GetTempFileName();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            Step();
            await connection.ReadAsync();
            Step();
            await Task.Delay(1);
            Step();
            await connection.WriteAsync(Mark);
            Step();
            await Task.Yield();
            Step();
            await File.WriteAllTextAsync(path, "file");
            Step();
            await Task.Run(() => { });
            Step();
            await connection.WaitForInputAsync(Deadline.After(TimeSpan.FromMilliseconds(1)));
            Step();
            await connection.WriteAsync(new byte[8_000_000]);
            Step();
            await connection.ReadAsync();
            Step();
        });
        using RawClient client = await server.ConnectAsync();

        await client.SendAsync("1");
        await client.ReceiveExactlyAsync(8_000_001);
        await client.SendAsync("2");
        client.FinishSending();
        await server.Observer.NextEndAsync();
        File.Delete(path);

        Assert.Empty(server.Observer.Faults);
        Assert.Equal(10, steps.Count);
        Assert.Single(steps.Distinct());

        void Step() => steps.Add(Environment.CurrentManagedThreadId);
    }

    [Theory, Models(ModelKind.KeepsThread)]
    public async Task A_model_uses_as_many_threads_as_it_says(string model)
    {
        var used = new ConcurrentBag<Thread>();
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            used.Add(Thread.CurrentThread);
            await Handlers.EchoAsync(connection);
        }, options => options with { ModelOptions = new() { Threads = 3, Loops = 2 } });

        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            using RawClient client = await server.ConnectAsync();
            await client.SendAsync("x");
            await client.ReceiveExactlyAsync(1);
        }));
        for (int i = 0; i < 12; i++)
            await server.Observer.NextEndAsync();

        // Of a model that is not named here only this is known: no connection has more than one.
        (int least, int most) = model switch
        {
            "sequential" or "select" => (1, 1),
            "threads" => (12, 12),
            "pool" => (1, 3),
            "epoll" => (2, 2),
            _ => (1, 12),
        };
        Assert.InRange(used.Distinct().Count(), least, most);
    }

    [Theory, Models(ModelKind.KeepsThread)]
    public async Task Accepted_and_Closed_are_called_on_the_connection_thread(string model)
    {
        var told = new ConcurrentBag<Thread>();
        var observer = new ThreadNotingObserver(told);
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            told.Add(Thread.CurrentThread);
            await Handlers.EchoAsync(connection);
        }, options => options with { Observer = observer });
        using RawClient client = await server.ConnectAsync();

        client.FinishSending();
        await client.ReceiveToEndAsync();
        await observer.Ended.Task.Bounded();

        Assert.Equal(3, told.Count);
        Assert.Single(told.Distinct());
    }

    [Theory, Models]
    public async Task The_threads_of_a_model_have_exited_when_the_server_has_completed(string model)
    {
        Thread? thread = null;
        await using TestServer server = TestServer.Start(model, async connection =>
        {
            thread = Thread.CurrentThread;
            await Handlers.EchoLinesAsync(connection);
        });
        using RawClient client = await server.ConnectAsync();
        await client.SendAsync("x\n");
        await client.ReceiveLineAsync();

        await server.Server.StopAsync().Bounded();
        await server.Server.Completion.Bounded();

        if (Models.ConcurrencyModels.Get(model).KeepsThread)
            await Patience.UntilAsync(() => !thread!.IsAlive);
    }

    private sealed class ThreadNotingObserver(ConcurrentBag<Thread> told) : IServerObserver
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Accepted(Connection connection) => told.Add(Thread.CurrentThread);

        public void Closed(Connection connection, CloseReason reason)
        {
            told.Add(Thread.CurrentThread);
            Ended.SetResult();
        }
    }
}
