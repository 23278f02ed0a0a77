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
