using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class ClientLoopTest
{
    [Fact]
    public async Task Many_clients_run_on_one_thread()
    {
        await using TestServer server = TestServer.Start("async", Handlers.EchoAsync);
        await using ClientLoop loop = ClientLoop.Start("clients");
        var threads = new HashSet<int>();
        await loop.RunAsync(() => Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            await using Connection connection = await loop.ConnectAsync(server.EndPoint, Patience.Limit);
            for (byte round = 0; round < 20; round++)
            {
                await connection.WriteAsync(new[] { (byte)n, round });
                await connection.WaitForInputAsync(2);
                threads.Add(Environment.CurrentManagedThreadId);
                Assert.Equal([(byte)n, round], connection.Buffered.ToArray());
                await connection.TryReadExactlyAsync(new byte[2]);
            }
        }))).Bounded();
        Assert.Single(threads);
    }

    [Fact]
    public async Task A_read_ends_at_its_deadline_and_not_before()
    {
        await using TestServer server = TestServer.Start("async", Handlers.EchoAsync);
        await using ClientLoop loop = ClientLoop.Start("clients");
        await loop.RunAsync(async () =>
        {
            await using Connection connection = await loop.ConnectAsync(server.EndPoint, Patience.Limit);
            for (int round = 0; round < 10; round++)
            {
                Deadline deadline = Deadline.After(TimeSpan.FromMilliseconds(2));
                Assert.Equal(InputState.TimedOut, await connection.WaitForInputAsync(deadline));
                Assert.True(deadline.HasPassed);
            }
        }).Bounded();
    }

    [Fact]
    public async Task A_refused_connect_is_a_ConnectException_with_its_reason()
    {
        // Bound and not listening: it refuses, and nobody else gets the port.
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using ClientLoop loop = ClientLoop.Start("clients");
        ConnectException error = await Assert.ThrowsAsync<ConnectException>(
            () => loop.ConnectAsync(closed.LocalEndPoint!, Patience.Limit)).Bounded();
        Assert.Contains($"{closed.LocalEndPoint} refused the connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_is_connected_to_on_the_loop()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its poller does not report a failed connect");
        await using TestServer server = TestServer.Start("async", Handlers.EchoAsync);
        await using ClientLoop loop = ClientLoop.Start("clients");
        string? thread = null;
        await using Connection connection = await loop.ConnectAsync(
            server.EndPoint, new DialOptions { ConfigureSocket = _ => thread = Thread.CurrentThread.Name }).Bounded();

        Assert.Equal("clients", thread);
        Assert.Equal(server.EndPoint, connection.RemoteEndPoint);
        Assert.NotNull(connection.LocalEndPoint);
    }

    [Fact]
    public async Task A_connect_that_is_pending_does_not_hold_up_the_loop_and_times_out()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its poller does not report a failed connect");
        // Nobody accepts: the backlog fills up, and further connects get no answer.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);
        await using ClientLoop loop = ClientLoop.Start("clients");
        Task<Connection>[] connects = [.. Enumerable.Range(0, 20).Select(
            _ => loop.ConnectAsync(full.LocalEndPoint!, TimeSpan.FromSeconds(2)))];

        bool hasRun = false;
        await loop.RunAsync(() =>
        {
            hasRun = !connects.All(connect => connect.IsCompleted);
            return Task.CompletedTask;
        }).Bounded();
        await Task.WhenAny(Task.WhenAll(connects)).Bounded();

        Assert.True(hasRun, "no connect was pending");
        Task<Connection>[] failed = [.. connects.Where(connect => connect.IsFaulted)];
        Assert.NotEmpty(failed);
        Assert.All(failed, connect => Assert.Equal(
            $"no answer from {full.LocalEndPoint} within 2 s",
            Assert.IsType<ConnectException>(connect.Exception!.InnerException).Message));
        foreach (Task<Connection> connect in connects.Except(failed))
            (await connect).Dispose();
    }

    [Fact]
    public async Task A_loop_that_ends_ends_its_pending_connects()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its poller does not report a failed connect");
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);
        ClientLoop loop = ClientLoop.Start("clients");
        Task<Connection>[] connects = [.. Enumerable.Range(0, 20).Select(
            _ => loop.ConnectAsync(full.LocalEndPoint!, TimeSpan.FromMinutes(5)))];
        await loop.DisposeAsync().AsTask().Bounded();

        await Task.WhenAny(Task.WhenAll(connects)).Bounded();
        Assert.Contains(connects, connect => connect.Exception?.InnerException is ObjectDisposedException);
    }

    [Fact]
    public async Task An_exception_of_the_body_reaches_its_starter()
    {
        await using ClientLoop loop = ClientLoop.Start("clients");
        await Assert.ThrowsAsync<FormatException>(() => loop.RunAsync(async () =>
        {
            await Task.Yield();
            throw new FormatException();
        })).Bounded();
    }
}
